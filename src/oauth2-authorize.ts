import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsentArrival, CommandRefused, ConsentListener } from '#command';
import { runCommand } from './command-run.js';
import type { ValidConfiguration } from './configuration-or-exit.js';

/** Milliseconds; after that the server does not take the answer any more. */
const PATIENCE = 10 * 60_000;

/** Exit code of the contract: a sign-in that was refused. */
const SIGN_IN = 6;

export interface AuthorizeOptions {
  /** Name or id; undefined: the account of the environment. */
  readonly account?: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
}

/**
 * Has whoever owns a mailbox consent that we send by it: prints where, and waits for the answer on
 * this machine, or on `input` where the browser is on another one.
 *
 * @returns what became of it, for people
 * @throws {CommandRefused}
 */
export async function authorize(
  configuration: ValidConfiguration,
  { account, port }: AuthorizeOptions,
  { input, print }: { input: NodeJS.ReadableStream; print: (text: string) => void },
): Promise<string> {
  await using listener = await ConsentListener.open(port);
  const { redirectUri } = listener;
  const url = await runCommand(configuration, { command: 'oauth2-begin', account, redirectUri });
  const arrival = await arrivalOf(listener, url, input, () =>
    print(
      `Open this address in a browser and consent, signed in as the mailbox:\n\n${url}\n\n` +
        'Waiting for the answer, ten minutes at most. If the browser is on another machine, it ends ' +
        `at an address that begins with ${redirectUri} and does not open: paste that here.`,
    ),
  );
  try {
    const text = await runCommand(configuration, { command: 'oauth2-complete', ...arrival });
    listener.say('Mail can be sent again', 'The consent is stored. You can close this page.');
    return text;
  } catch (error) {
    const why = error instanceof CommandRefused ? error.message : 'See the command for more.';
    listener.say('The consent is not stored', why);
    throw error;
  }
}

async function arrivalOf(
  listener: ConsentListener,
  url: string,
  input: NodeJS.ReadableStream,
  onListening: () => void,
): Promise<ConsentArrival> {
  const arriving = listener.arrival(new URL(url).searchParams.get('state') ?? '');
  const lines = createInterface({ input });
  lines.on('line', (line) => listener.pasted(line));
  const late = new AbortController();
  try {
    onListening();
    const arrival = await Promise.race([
      arriving,
      sleep(PATIENCE, undefined, { signal: late.signal }),
    ]);
    if (arrival) return arrival;
    throw new CommandRefused(
      'Nobody has consented within ten minutes. Run this command again.',
      SIGN_IN,
    );
  } finally {
    late.abort();
    lines.close();
  }
}
