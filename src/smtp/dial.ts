import type { Socket } from 'node:net';
import { checkSubmissionPort, HostRefused, resolveHost } from '#egress';
import type { SmtpSettings } from '#mailer-config';
import { Ended, within } from './deadline.js';
import { connectToFirst } from './happy-eyeballs.js';
import { openTunnel, proxyCause } from './proxy.js';
import { type Cause, SmtpFailure } from './smtp.errors.js';

/**
 * Opens the way to the account's server, direct or through its proxy. Where the account may lead
 * to is judged by the very addresses that are connected to: a name is looked up once.
 *
 * @param resolve looks names up
 * @returns a connected socket; what the server says first is still to be read from it
 * @throws SmtpFailure at `dns` or `tcp`, at the latest after SMTP_TIMEOUT_CONNECT
 */
export async function dial(
  account: SmtpSettings,
  signal: AbortSignal,
  resolve: typeof resolveHost = resolveHost,
): Promise<Socket> {
  const { host, port, reach, proxy, timeouts } = account;
  let stage: 'dns' | 'tcp' = 'dns';
  try {
    return await within(timeouts.connect, signal, async (ended) => {
      checkSubmissionPort(host, port, reach);
      // A proxy looks names up itself, and may know some that we don't. For an account that must
      // not lead into its network either, the address is looked up and judged here.
      const addresses = proxy && reach === 'any' ? [] : await resolve(host, reach);
      stage = 'tcp';
      if (!proxy) return await connectToFirst(addresses, account, ended);
      // more proxies have IPv4 than IPv6, and SOCKS4 knows nothing else
      const target = addresses.find(({ family }) => family === 4) ?? addresses[0];
      return await openTunnel(account, proxy, target?.address ?? host, ended, resolve);
    });
  } catch (error) {
    throw new SmtpFailure(stage, causeOf(error, stage, account));
  }
}

function causeOf(error: unknown, stage: 'dns' | 'tcp', account: SmtpSettings): Cause {
  if (error instanceof HostRefused) return { kind: 'policy', sentence: error.message };
  if (account.proxy && stage === 'tcp') return proxyCause(error, account, account.proxy);
  if (error instanceof Ended) return error.why;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { kind: 'lost', code, received: '' };
}
