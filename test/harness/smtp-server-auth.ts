import { createHmac, randomBytes } from 'node:crypto';
import type { SmtpServerOptions } from './smtp-server.js';

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

/** Holds the SASL exchange that an AUTH command begins (RFC 4954).
 * @returns the user, or undefined when the credentials are wrong */
export async function signIn(
  line: string,
  expected: NonNullable<SmtpServerOptions['auth']>,
  ask: (prompt: string | Buffer) => Promise<string>,
): Promise<string | undefined> {
  const [, mechanism = '', initial] = line.split(' ');
  switch (mechanism.toUpperCase()) {
    case 'PLAIN': {
      const [, user, pass] = decode(initial ?? (await ask(''))).split('\0');
      return user === expected.user && pass === expected.pass ? user : undefined;
    }
    case 'LOGIN': {
      const user = decode(await ask('Username:'));
      const pass = decode(await ask('Password:'));
      return user === expected.user && pass === expected.pass ? user : undefined;
    }
    case 'CRAM-MD5': {
      const challenge = `<${randomBytes(6).toString('hex')}@sink.test>`;
      const digest = createHmac('md5', expected.pass).update(challenge).digest('hex');
      const answer = decode(await ask(challenge));
      return answer === `${expected.user} ${digest}` ? expected.user : undefined;
    }
    case 'NTLM': {
      const nonce = randomBytes(8);
      const challenge = await ask(expected.ntlm?.challenge ?? ntlmChallenge(nonce));
      return ntlmUser(Buffer.from(challenge, 'base64'), nonce, expected);
    }
    case 'XOAUTH2':
    case 'OAUTHBEARER': {
      const [user, token] = bearerOf(mechanism.toUpperCase(), decode(initial ?? (await ask(''))));
      if (user === expected.user && expected.tokens?.has(token)) return user;
      // the answer says nothing, but has to come before the refusal
      if (!expected.curt) await ask(JSON.stringify({ status: '401', schemes: 'bearer' }));
      return undefined;
    }
    default:
      return undefined;
  }
}

/** User and token of a response; an empty token where it is not made as it has to be. */
function bearerOf(mechanism: string, response: string): readonly [string, string] {
  const parts = response.split('\x01');
  const form =
    mechanism === 'XOAUTH2'
      ? /^user=([^;]+);auth=Bearer ([^;]+);;$/
      : /^n,a=([^,]+),;host=[^;]+;port=\d+;auth=Bearer ([^;]+);;$/;
  const [, user = '', token = ''] = form.exec(parts.join(';')) ?? [];
  return [user.replaceAll('=2C', ',').replaceAll('=3D', '='), token];
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const hmac = (key: Buffer, ...data: Buffer[]): Buffer =>
  createHmac('md5', key).update(Buffer.concat(data)).digest();

/** CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2) of a server in the domain SINK. */
function ntlmChallenge(nonce: Buffer): Buffer {
  const name = utf16('SINK');
  const info = Buffer.concat([Buffer.of(2, 0, name.length, 0), name, Buffer.alloc(4)]);
  const head = Buffer.alloc(48);
  head.write('NTLMSSP\0\x02', 'latin1');
  head.writeUInt16LE(name.length, 12);
  head.writeUInt16LE(name.length, 14);
  head.writeUInt32LE(48, 16);
  head.writeUInt32LE(0xa0888205, 20);
  nonce.copy(head, 24);
  head.writeUInt16LE(info.length, 40);
  head.writeUInt16LE(info.length, 42);
  head.writeUInt32LE(48 + name.length, 44);
  return Buffer.concat([head, name, info]);
}

/** Checks an AUTHENTICATE_MESSAGE; only NTLMv2 counts. */
function ntlmUser(
  message: Buffer,
  nonce: Buffer,
  expected: NonNullable<SmtpServerOptions['auth']>,
): string | undefined {
  const field = (at: number): Buffer => {
    const offset = message.readUInt32LE(at + 4);
    return message.subarray(offset, offset + message.readUInt16LE(at));
  };
  const [response, domain, user, workstation] = [20, 28, 36, 44].map(field) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const { ntHash = '', domain: ownDomain = '', workstation: known = '' } = expected.ntlm ?? {};
  const key = hmac(Buffer.from(ntHash, 'hex'), utf16(expected.user.toUpperCase()), domain);
  const proof = hmac(key, nonce, response.subarray(16));
  const right =
    response.length > 24 &&
    proof.equals(response.subarray(0, 16)) &&
    user.equals(utf16(expected.user)) &&
    domain.equals(utf16(ownDomain)) &&
    workstation.equals(utf16(known));
  return right ? expected.user : undefined;
}
