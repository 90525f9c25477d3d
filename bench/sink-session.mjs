// One connection to the sink: SMTP as far as a sender needs it. Octets are looked through where they
// lie and never copied, so that the sink is not what is measured.

const END = Buffer.from('\r\n.\r\n', 'latin1');
const LF = 10;

/** Understands any segmentation: several mails in a segment, and a mail in as many as it has octets. */
export class SinkSession {
  #mode = 'command';
  /** The beginning of a command whose end has not come. */
  #line = '';
  /** The last octets before those at hand, as far as they may belong to the final dot. */
  #tail = '';
  /** Of a chunk (BDAT): octets still to come. */
  #left = 0;
  #isLast = false;
  #octets = 0;
  #recipient = '';
  /** What came while a mail was being taken. */
  #held = [];
  #holds = false;
  #replies = '';

  /**
   * @param onMail called with octets and recipient when a mail is complete; true: nothing further is
   * read until `go` is called, for the server is busy with it
   * @param onStartTls called after its reply is due; what was sent behind it is dropped (RFC 3207)
   */
  constructor({ capabilities, onMail, onStartTls, taken }) {
    this.capabilities = capabilities;
    this.onMail = onMail;
    this.onStartTls = onStartTls;
    this.taken = taken;
  }

  /** @returns the replies that are due, together */
  take(chunk) {
    if (this.#holds) this.#held.push(chunk);
    else this.#read(chunk);
    return this.#due();
  }

  /** The mail is taken at last. @returns the replies that are due */
  go() {
    this.#holds = false;
    this.#replies += '250 2.0.0 taken\r\n';
    for (const chunk of this.#held.splice(0)) {
      if (this.#holds) this.#held.push(chunk);
      else this.#read(chunk);
    }
    return this.#due();
  }

  #due() {
    const due = this.#replies;
    this.#replies = '';
    return due;
  }

  #read(chunk) {
    let at = 0;
    while (at < chunk.length) {
      if (this.#holds) {
        this.#held.push(chunk.subarray(at));
        return;
      }
      if (this.#mode === 'command') at = this.#readCommand(chunk, at);
      else if (this.#mode === 'data') at = this.#readData(chunk, at);
      else if (this.#mode === 'chunk') at = this.#readChunk(chunk, at);
      else return;
    }
  }

  #readCommand(chunk, at) {
    const end = chunk.indexOf(LF, at);
    if (end === -1) {
      this.#line += chunk.latin1Slice(at);
      return chunk.length;
    }
    const line = this.#line + chunk.latin1Slice(at, end);
    this.#line = '';
    this.#obey(line);
    return end + 1;
  }

  #readData(chunk, at) {
    const seam = this.#tail + chunk.latin1Slice(at, Math.min(at + END.length - 1, chunk.length));
    const across = seam.indexOf('\r\n.\r\n');
    const found = across === -1 ? chunk.indexOf(END, at) : -1;
    const end =
      across === -1
        ? found === -1
          ? -1
          : found + END.length
        : at + across + END.length - this.#tail.length;
    if (end === -1) {
      this.#octets += chunk.length - at;
      this.#tail =
        chunk.length - at >= END.length - 1
          ? chunk.latin1Slice(chunk.length - END.length + 1)
          : seam.slice(-END.length + 1);
      return chunk.length;
    }
    this.#octets += end - at - 3;
    this.#complete();
    return end;
  }

  #readChunk(chunk, at) {
    const read = Math.min(this.#left, chunk.length - at);
    this.#left -= read;
    this.#octets += read;
    if (this.#left === 0) this.#endChunk();
    return at + read;
  }

  #endChunk() {
    this.#mode = 'command';
    if (this.#isLast) this.#complete();
    else this.#replies += '250 2.0.0 go on\r\n';
  }

  #complete() {
    this.#mode = 'command';
    this.#holds = this.onMail(this.#octets, this.#recipient) === true;
    this.#octets = 0;
    if (!this.#holds) this.#replies += '250 2.0.0 taken\r\n';
  }

  #obey(line) {
    switch (line.slice(0, 4).toUpperCase()) {
      case 'RCPT':
        this.#recipient = line.slice(line.indexOf('<') + 1, line.indexOf('>'));
        this.#replies += '250 2.1.5 ok\r\n';
        return;
      case 'DATA':
        this.#replies += '354 go on\r\n';
        this.#mode = 'data';
        this.#tail = '\r\n';
        return;
      case 'BDAT': {
        const [, size, last] = /^BDAT (\d+)( LAST)?\r$/i.exec(line) ?? [];
        if (size === undefined) throw new Error(`This is no BDAT: ${JSON.stringify(line)}`);
        this.#left = Number(size);
        this.#isLast = last !== undefined;
        this.#mode = 'chunk';
        if (this.#left === 0) this.#endChunk();
        return;
      }
      case 'EHLO':
        this.#replies += ['sink', ...this.capabilities]
          .map((keyword, i) => `250${i < this.capabilities.length ? '-' : ' '}${keyword}\r\n`)
          .join('');
        return;
      case 'AUTH':
        this.#replies += '235 2.7.0 welcome\r\n';
        return;
      case 'STAR':
        this.#replies += '220 2.0.0 go on\r\n';
        this.#mode = 'ended';
        this.onStartTls();
        return;
      case 'XTAK':
        this.#replies += `250 ${this.taken()}\r\n`;
        return;
      case 'QUIT':
        this.#replies += '221 2.0.0 bye\r\n';
        return;
      default:
        this.#replies += '250 2.0.0 ok\r\n';
    }
  }
}
