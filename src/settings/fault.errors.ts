/** Every code a wrong setting can have, each with its one meaning. */
export const faultCodes = {
  SETTING_UNKNOWN: 'no setting has this name',
  SETTING_MISSING: 'another setting needs this one',
  SETTING_CONFLICT: 'two settings contradict each other',
  VALUE_INVALID: 'the value is not of the kind this setting takes',
  VALUE_WHITESPACE: 'white space around the value was removed',
  VALUE_QUOTED: 'the quotation marks have become part of the value',
  VALUE_TRUNCATED: 'the line in .env is cut off at a # or after a quotation mark',
  PLACEHOLDER_VALUE: 'the value is the one of the example file',
  FILE_UNREADABLE: 'the file that holds the value can not be read',
  FILE_INVALID: 'the file does not hold what this setting needs',
  BOOLEAN_SPELLING: 'the value is neither a yes nor a no',
  PORT_INVALID: 'the value is no port number',
  SECRET_KEY_WEAK: 'the key does not look random',
  VERIFICATION_SKIPPED: 'accounts need no verification mail',
  NOTHING_DELIVERS: 'no process can deliver the mails that this one queues',
  HOST_MISSING: 'no mail server is named',
  HOST_HAS_SCHEME: 'the host is written as a URL',
  HOST_HAS_PORT: 'the port is written into the host',
  HOST_WHITESPACE: 'white space around the host was removed',
  HOST_TRAILING_DOT: 'the host ends in a dot',
  HOST_IS_ADDRESS: 'the host is a mail address',
  PRESET_CONTRADICTED: 'a setting says something else than the preset of the provider',
  CREDENTIALS_HALF: 'only one of user name and password is there',
  USERNAME_FORM: 'the user name is not of the form that the provider gives',
  M365_BASIC_AUTH_OFF: 'Microsoft takes, or soon takes, no passwords',
  OAUTH_INCOMPLETE: 'OAuth2 is set, but somebody has yet to consent',
  OAUTH_SECRET_WRONG: 'the id of a client secret stands where its value should',
  PASSWORD_WHITESPACE: 'the password begins or ends with white space, which was kept',
  PASSWORD_PERCENT_ENCODED: 'the password looks percent-encoded, and is taken literally',
  PASSWORD_TRUNCATED: 'the line of the password in .env is cut off at a # or a quotation mark',
  PASSWORD_INVISIBLE: 'the password contains an invisible character',
  SENDER_NOT_ADDRESS: 'the sender is not one mail address',
  CIPHER_SPEC_INVALID: 'OpenSSL refuses the cipher specification',
  CIPHER_SPEC_MISREAD: 'the name of an old protocol is taken as a list of ciphers',
  BOTH_TLS_FLAGS: 'implicit TLS and STARTTLS exclude each other',
  TLS_MODE_IMPLICIT_ON_PLAIN: 'TLS from the first byte on a port that starts in clear text',
  TLS_MODE_PLAIN_ON_IMPLICIT: 'a clear-text start on a port that expects TLS at once',
  TLS_INSECURE: 'any certificate is accepted',
  AUTH_IN_CLEAR: 'the password could cross the network unencrypted',
  TIMEOUT_TINY: 'a bare number counts milliseconds, and this one is very small',
} as const satisfies Record<string, string>;

export type FaultCode = keyof typeof faultCodes;

/** What is wrong with one setting, or worth a warning. No field ever contains a secret. */
export interface Fault {
  readonly code: FaultCode;
  /** The name of the setting, or a name no setting has. */
  readonly setting: string;
  /** As given, secrets masked entirely; undefined: the setting is absent. */
  readonly value: string | undefined;
  /** Where the value was found: `.env:14` or a file; undefined: the environment, or nowhere. */
  readonly source: string | undefined;
  /** Why it can not work; a sentence. */
  readonly why: string;
  /** What to write instead; a sentence. */
  readonly instead: string;
}

/** What a reader answers when a text is no value of its setting. */
export class Refusal {
  constructor(
    readonly code: FaultCode,
    /** A sentence; never quotes the value of a secret. */
    readonly why: string,
    /** A sentence that names what to write, given the name of the setting. */
    readonly instead: (name: string) => string,
  ) {}
}

/** Refuses with the advice to write one of these values. */
export function refuse(code: FaultCode, why: string, ...values: string[]): Refusal {
  return new Refusal(code, why, (name) => {
    const lines = values.map((value) => `${name}=${value}`);
    return `Write ${new Intl.ListFormat('en', { type: 'disjunction' }).format(lines)}.`;
  });
}
