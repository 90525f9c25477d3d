import { createHmac, randomBytes } from 'node:crypto';
import { md4 } from './md4.js';

// Written here, and not taken from `nodemailer-ntlm-auth`: that one answers a server which does
// not ask for more with LM and NTLMv1, from which the password is found in hours, and needs a
// version of `underscore` with a known fault (CVE-2026-27601).

/** Who signs in. */
export interface NtlmUser {
  readonly username: string;
  readonly password: string;
  readonly domain: string;
  readonly workstation: string;
}

/** What the server's CHALLENGE_MESSAGE says (MS-NLMP 2.2.1.2). */
export interface NtlmChallenge {
  readonly flags: number;
  readonly nonce: Buffer;
  /** AV_PAIRs (MS-NLMP 2.2.2.1), as they came. */
  readonly targetInfo: Buffer;
}

/** What an answer depends on besides the challenge and the user. */
export interface NtlmMoment {
  /** 8 octets. */
  readonly nonce: Buffer;
  /** 100 ns since 1601. */
  readonly time: bigint;
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');

// MS-NLMP 2.2.2.5
const UNICODE = 0x1;
const REQUEST_TARGET = 0x4;
const NTLM = 0x200;
const ALWAYS_SIGN = 0x8000;
const EXTENDED_SESSION_SECURITY = 0x80000;
const TARGET_INFO = 0x800000;
const KEY_128 = 0x20000000;
const KEY_56 = 0x80000000;
const WANTED =
  UNICODE +
  REQUEST_TARGET +
  NTLM +
  ALWAYS_SIGN +
  EXTENDED_SESSION_SECURITY +
  TARGET_INFO +
  KEY_128 +
  KEY_56;

/** NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1): what we can; domain and workstation come later. */
export function negotiateMessage(): Buffer {
  const message = Buffer.alloc(32);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(WANTED, 12);
  return message;
}

/** @returns undefined when it is none */
export function parseChallenge(message: Buffer): NtlmChallenge | undefined {
  if (message.length < 32 || !message.subarray(0, 8).equals(SIGNATURE)) return undefined;
  if (message.readUInt32LE(8) !== 2) return undefined;
  const flags = message.readUInt32LE(20);
  const nonce = message.subarray(24, 32);
  if ((flags & TARGET_INFO) === 0 || message.length < 48)
    return { flags, nonce, targetInfo: Buffer.alloc(0) };
  const length = message.readUInt16LE(40);
  const offset = message.readUInt32LE(44);
  if (offset + length > message.length) return undefined;
  return { flags, nonce, targetInfo: message.subarray(offset, offset + length) };
}

/** AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3) with an NTLMv2 response: never with a weaker one. */
export function authenticateMessage(
  challenge: NtlmChallenge,
  user: NtlmUser,
  moment: NtlmMoment = now(),
): Buffer {
  const { lm, nt } = respond(challenge, user, moment);
  const fields = [
    lm,
    nt,
    utf16(user.domain),
    utf16(user.username),
    utf16(user.workstation),
    Buffer.alloc(0),
  ];
  const header = Buffer.alloc(64);
  SIGNATURE.copy(header);
  header.writeUInt32LE(3, 8);
  let offset = header.length;
  fields.forEach((field, index) => {
    const at = 12 + index * 8;
    header.writeUInt16LE(field.length, at);
    header.writeUInt16LE(field.length, at + 2);
    header.writeUInt32LE(offset, at + 4);
    offset += field.length;
  });
  header.writeUInt32LE((WANTED & challenge.flags) >>> 0, 60);
  return Buffer.concat([header, ...fields]);
}

/** The responses of NTLMv2 (MS-NLMP 3.3.2). */
export function respond(
  { nonce: asked, targetInfo }: NtlmChallenge,
  user: NtlmUser,
  { nonce, time }: NtlmMoment,
): { lm: Buffer; nt: Buffer } {
  const key = hmac(md4(utf16(user.password)), utf16(upperCase(user.username) + user.domain));
  const told = timestampIn(targetInfo);
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64LE(time);
  const zero = Buffer.alloc(4);
  const blob = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    told ?? stamp,
    nonce,
    zero,
    targetInfo,
    zero,
  ]);
  return {
    // MS-NLMP 3.1.5.1.2: with the server's own time the older response stays empty
    lm: told ? Buffer.alloc(24) : Buffer.concat([hmac(key, Buffer.concat([asked, nonce])), nonce]),
    nt: Buffer.concat([hmac(key, Buffer.concat([asked, blob])), blob]),
  };
}

const MSV_AV_EOL = 0;
const MSV_AV_TIMESTAMP = 7;

function timestampIn(targetInfo: Buffer): Buffer | undefined {
  for (let at = 0; at + 4 <= targetInfo.length;) {
    const id = targetInfo.readUInt16LE(at);
    const value = targetInfo.subarray(at + 4, at + 4 + targetInfo.readUInt16LE(at + 2));
    if (id === MSV_AV_EOL) return undefined;
    if (id === MSV_AV_TIMESTAMP && value.length === 8) return value;
    at += 4 + value.length;
  }
  return undefined;
}

const YEAR_1601_MS = -11_644_473_600_000;

const now = (): NtlmMoment => ({
  nonce: randomBytes(8),
  time: BigInt(Date.now() - YEAR_1601_MS) * 10_000n,
});

// Windows maps letter by letter: ß stays ß, where toUpperCase() makes two letters of it.
const upperCase = (name: string): string =>
  name.replace(/./gu, (letter) => {
    const upper = letter.toUpperCase();
    return upper.length === letter.length ? upper : letter;
  });

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

const hmac = (key: Buffer, data: Buffer): Buffer => createHmac('md5', key).update(data).digest();
