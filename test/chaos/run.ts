// npm run chaos: see options.ts for what it can be told, README "Development" for what it is.
import { runChaos } from './chaos.js';
import { startPostgresql } from './ground.js';
import { type ChaosOptions, optionsFrom, USAGE } from './options.js';
import { runStages } from './stages.js';

const say = (line: string): void => console.error(`  ${line}`);

async function run(options: ChaosOptions, databaseUrl: string | undefined): Promise<string> {
  if (options.rounds > 0) return await runStages(options, databaseUrl, say);
  const { ended, duplicates, footprint, ...numbers } = await runChaos(options, databaseUrl, say);
  const list = (of: object) => Object.entries(of).map(([name, n]) => `${name}=${n}`);
  return [
    ...list(numbers),
    ...list(ended),
    ...list(duplicates).map((d) => `twice-${d}`),
    ...footprint,
  ].join(' ');
}

// What was started is ended with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

let options: ChaosOptions;
try {
  options = optionsFrom(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(1);
}
const { seed, database, workers, odds } = options;
const postgresql = database === 'postgresql' ? await startPostgresql() : undefined;
const what = `chaos seed=${seed} database=${database} workers=${workers} odds=${odds}`;
try {
  console.log(`${what} ${await run(options, postgresql?.url)}`);
} catch (error) {
  console.log(`${what} FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await postgresql?.stop();
}
