import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '#settings';
import { endpointUrl } from './oauth2-values.js';
import { type TextForm, WrongText } from './text-form.js';

/** The key of a Google service account, as the console gives it. */
export interface ServiceKey {
  readonly email: string;
  readonly keyId: string | undefined;
  /** PEM. */
  readonly privateKey: string;
  /** Undefined: it does not say. */
  readonly tokenUrl: string | undefined;
}

const keyFile = z.object({
  client_email: z.string().min(1),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.string().optional(),
});

/** The JSON file that the console offers once, when the key is made. */
export const serviceKey: TextForm<ServiceKey> = {
  what: 'the key of a service account in JSON form',
  path: '/path/to/key.json',
  secret: true,
  read(text) {
    const { success, data } = keyFile.safeParse(parsed(text));
    if (!success)
      return new WrongText(
        /"(?:installed|web)"/.test(text)
          ? 'This is the client of an application (SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET), and no key of a service account.'
          : undefined,
      );
    if (!isRsaKey(data.private_key))
      return new WrongText('Its private_key is no RSA key, which RS256 signs with.');
    const tokenUrl = data.token_uri === undefined ? undefined : endpointUrl(data.token_uri);
    if (tokenUrl instanceof Refusal) return new WrongText('Its token_uri is no https:// address.');
    return {
      email: data.client_email,
      keyId: data.private_key_id,
      privateKey: data.private_key,
      tokenUrl,
    };
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
