import { existsSync } from 'node:fs';

/** A mail server of somebody else's that the tests talk to, and the files it can't do without. */
export interface PeerProgram {
  readonly name: string;
  readonly files: readonly string[];
}

export const POSTFIX_BINARY = '/usr/sbin/postfix';
export const DOVECOT_BINARY = '/usr/sbin/dovecot';
/** Samba's, of Debian's package winbind. */
export const NTLM_AUTH = '/usr/bin/ntlm_auth';

// its sign-in is Dovecot's
export const POSTFIX: PeerProgram = {
  name: 'Postfix',
  files: [POSTFIX_BINARY, DOVECOT_BINARY, NTLM_AUTH],
};

export const DOVECOT: PeerProgram = {
  name: 'Dovecot',
  files: [DOVECOT_BINARY, '/usr/lib/dovecot/submission-login', NTLM_AUTH],
};

// Debian lets only one of Postfix and Exim be installed, so Exim is unpacked beside it.
export const EXIM_BINARY = '/opt/gatepost-peers/usr/sbin/exim4';

export const EXIM: PeerProgram = { name: 'Exim', files: [EXIM_BINARY] };

/** Why it can't be started here, and what to do; undefined when it can. */
export function whyNot({ name, files }: PeerProgram): string | undefined {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0)
    return `${name} is not installed (${missing.join(', ')}): run .ci/install-peers as root on Debian 12.`;
  if (process.getuid?.() !== 0)
    return `${name} changes to users of its own, which only root may: run the tests as root.`;
  return undefined;
}

/**
 * `describe` for tests that need this server. Without it they are skipped with a sentence that
 * says so; where everything has to be tested (CI) they fail instead.
 */
export function describeWithPeer(program: PeerProgram, tests: () => void): void {
  const sentence = whyNot(program);
  if (!sentence) return describe(program.name, tests);
  if (process.env['CI']) {
    test(program.name, () => {
      throw new Error(sentence);
    });
  } else {
    // Jest keeps the console of a file to itself when all of it is skipped
    process.stderr.write(`Skipped: ${sentence}\n`);
    describe.skip(program.name, tests);
  }
}
