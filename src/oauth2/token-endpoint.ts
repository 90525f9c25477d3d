import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { CustomFetch } from 'openid-client';
import { HostRefused, pinnedLookup, type Reach, resolveHost } from '#egress';
import { NoAccessToken } from '#smtp';
import { unlessAborted } from './unless-aborted.js';

/** Milliseconds from the look-up of the host to the last octet of the answer. */
export const TOKEN_DEADLINE = 10_000;

/** Octets; what a token endpoint says has a few thousand. */
const LONGEST_ANSWER = 64 * 1024;

/** How a token endpoint is reached. */
export interface TokenEndpointWay {
  readonly reach: Reach;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; {@link TOKEN_DEADLINE} unless given. */
  readonly deadline?: number | undefined;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * What openid-client sends its requests with. They carry credentials, so they go to the one place
 * that was named: the host is looked up once, checked and pinned, a redirect is a failure, and the
 * time and length of the answer are bounded. SMTP_PROXY is on the way to the mail server and not on
 * this one.
 *
 * It resolves with an answer in JSON (200 or 4xx), without an ID token: nobody signs in here, and
 * a scope that brings one must not make its issuer a condition.
 *
 * @throws {NoAccessToken} for all else
 */
export function tokenEndpointFetch(way: TokenEndpointWay): CustomFetch {
  return async (address, { body, headers }) => {
    const url = new URL(address);
    const { status, type, body: said } = await bounded(url, way, String(body), headers);
    if (status >= 300 && status < 400)
      throw new NoAccessToken(
        'settings',
        `${url.host} redirects requests for tokens elsewhere (HTTP ${status}); credentials do not follow. Set SMTP_OAUTH2_TOKEN_URL to the address that answers.`,
      );
    if (status === 408 || status === 429 || status >= 500)
      throw new NoAccessToken(
        'transient',
        `${url.host} can not give a token at the moment (HTTP ${status}). It is tried again.`,
      );
    const json = objectIn(said);
    if (!json)
      throw new NoAccessToken(
        'settings',
        `${url.host} answered with something that is no token (HTTP ${status}${type && `, ${type}`}). Check SMTP_OAUTH2_TOKEN_URL.`,
      );
    delete json['id_token'];
    return Response.json(json, { status });
  };
}

/**
 * Whether a token may be asked for there: https, or http that does not leave this machine.
 *
 * @throws {NoAccessToken} where it may not
 */
export function checkTokenUrl(address: string): URL {
  const url = URL.parse(address);
  if (url && !url.username && !url.password) {
    if (url.protocol === 'https:') return url;
    if (url.protocol === 'http:' && isLoopback(url)) return url;
  }
  throw new NoAccessToken(
    'settings',
    'Tokens are asked for by https only (http on this machine). Set SMTP_OAUTH2_TOKEN_URL to such an address.',
  );
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

async function bounded(
  url: URL,
  { reach, signal, deadline = TOKEN_DEADLINE }: TokenEndpointWay,
  body: string,
  headers: Record<string, string>,
): Promise<Answer> {
  const late = AbortSignal.timeout(deadline);
  try {
    return await post(url, reach, body, headers, signal ? AbortSignal.any([signal, late]) : late);
  } catch (error) {
    if (error instanceof NoAccessToken) throw error;
    if (error instanceof HostRefused) throw new NoAccessToken('settings', error.message);
    if (signal?.aborted)
      throw new NoAccessToken('transient', `Asking ${url.host} for a token was stopped.`);
    if (late.aborted)
      throw new NoAccessToken(
        'transient',
        `${url.host} did not answer a request for a token within ${deadline / 1000} s. It is tried again.`,
      );
    throw unreachable(url, error);
  }
}

function unreachable({ host }: URL, cause: unknown): NoAccessToken {
  const code = (cause as NodeJS.ErrnoException).code ?? 'no connection';
  // What OpenSSL and Node call their complaints about a certificate; waiting mends none of them.
  return /CERT|SIGNED|SIGNATURE|ISSUER/.test(code)
    ? new NoAccessToken(
        'settings',
        `The certificate of ${host} is not accepted (${code}), so nothing was sent. Check SMTP_OAUTH2_TOKEN_URL and this machine's clock.`,
        { cause },
      )
    : new NoAccessToken(
        'transient',
        `${host} can not be reached for a token (${code}). It is tried again; check SMTP_OAUTH2_TOKEN_URL and this machine's network if it stays so.`,
        { cause },
      );
}

async function post(
  url: URL,
  reach: Reach,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  const addresses = await unlessAborted(signal, resolveHost(url.hostname, reach));
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(
    url,
    // No agent: a connection of its own, to the addresses just checked.
    { method: 'POST', headers, lookup: pinnedLookup(addresses), agent: false, signal },
    (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('error', reject);
      response.on('data', (part: Buffer) => {
        parts.push(part);
        length += part.length;
        if (length > LONGEST_ANSWER) sent.destroy(tooLong(url));
      });
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          type: /^[\w.+/-]+/.exec(response.headers['content-type'] ?? '')?.[0] ?? '',
          body: Buffer.concat(parts).toString('utf8'),
        });
      });
    },
  );
  sent.on('error', reject);
  sent.end(body);
  return await promise;
}

const tooLong = ({ host }: URL): NoAccessToken =>
  new NoAccessToken(
    'settings',
    `${host} answered with more than ${LONGEST_ANSWER / 1024} KiB, which is no token. Check SMTP_OAUTH2_TOKEN_URL.`,
  );

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
