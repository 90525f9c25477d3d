import { createHmac, randomBytes } from 'node:crypto';

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

/** Holds the SASL exchange that an AUTH command begins (RFC 4954).
 * @returns the user, or undefined when the credentials are wrong */
export async function signIn(
  line: string,
  expected: { readonly user: string; readonly pass: string },
  ask: (prompt: string) => Promise<string>,
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
    default:
      return undefined;
  }
}
