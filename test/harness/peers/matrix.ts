/** Who is asked, by what, over what: every case is run against the real server. */
export const SERVERS = ['Postfix', 'Dovecot', 'Exim'] as const;
export type Server = (typeof SERVERS)[number];

export type Tls = 'clear' | 'STARTTLS' | 'TLS';

export type SignIn =
  | 'none'
  | 'client certificate'
  | 'PLAIN'
  | 'LOGIN'
  | 'CRAM-MD5'
  | 'NTLM'
  | 'XOAUTH2'
  | 'OAUTHBEARER';

const ANY: readonly Tls[] = ['clear', 'STARTTLS', 'TLS'];
const ENCRYPTED: readonly Tls[] = ['STARTTLS', 'TLS'];
const NEVER: readonly Tls[] = [];

/** The table of the README: `test/peers/matrix.spec.ts` holds it to this, and the specs run it. */
export const MATRIX: Readonly<Record<SignIn, Readonly<Record<Server, readonly Tls[]>>>> = {
  none: { Postfix: ANY, Dovecot: NEVER, Exim: ANY },
  'client certificate': { Postfix: ENCRYPTED, Dovecot: ENCRYPTED, Exim: ENCRYPTED },
  PLAIN: { Postfix: ENCRYPTED, Dovecot: ENCRYPTED, Exim: ENCRYPTED },
  LOGIN: { Postfix: ENCRYPTED, Dovecot: ENCRYPTED, Exim: ENCRYPTED },
  'CRAM-MD5': { Postfix: ENCRYPTED, Dovecot: ENCRYPTED, Exim: ENCRYPTED },
  NTLM: { Postfix: ENCRYPTED, Dovecot: ENCRYPTED, Exim: NEVER },
  XOAUTH2: { Postfix: NEVER, Dovecot: ENCRYPTED, Exim: NEVER },
  OAUTHBEARER: { Postfix: NEVER, Dovecot: ENCRYPTED, Exim: NEVER },
};

export interface Case {
  readonly signIn: SignIn;
  readonly tls: Tls;
}

/** What is run against one server. */
export function casesOf(server: Server): Case[] {
  return (Object.keys(MATRIX) as SignIn[]).flatMap((signIn) =>
    MATRIX[signIn][server].map((tls) => ({ signIn, tls })),
  );
}

/** The matrix as a table in Markdown. */
export function matrixTable(): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['sign-in', ...SERVERS]),
    row(['---', ...SERVERS.map(() => '---')]),
    ...Object.entries(MATRIX).map(([signIn, by]) =>
      row([signIn, ...SERVERS.map((server) => by[server].join(', ') || '–')]),
    ),
  ].join('\n');
}
