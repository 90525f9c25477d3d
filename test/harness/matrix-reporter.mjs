const CASE = /^takes a mail by (.+) over (.+)$/;

// After the peers: which ways to sign in went through, server by server; see peers/matrix.ts.
export default class MatrixReporter {
  #rows = new Map();

  onTestResult(_test, { testResults }) {
    for (const { ancestorTitles, title, status } of testResults) {
      const [, signIn, tls] = CASE.exec(title) ?? [];
      if (signIn === undefined || status === 'pending') continue;
      const [server] = ancestorTitles;
      const row = this.#rows.get(signIn) ?? {};
      (row[server] ??= []).push(`${tls} ${status}`);
      this.#rows.set(signIn, row);
    }
  }

  onRunComplete() {
    if (this.#rows.size > 0)
      console.table(
        Object.fromEntries(
          [...this.#rows].map(([signIn, row]) => [
            signIn,
            Object.fromEntries(
              Object.entries(row).map(([server, cells]) => [server, cells.join(', ')]),
            ),
          ]),
        ),
      );
  }
}
