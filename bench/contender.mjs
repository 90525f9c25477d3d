// One contender of a comparison in a process of its own, so that its processor time is its own and
// the code of one does not spoil the optimizations of the other. It stays from round to round.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { optionsOfProgram, serve } from './program.mjs';

const { contender: name, ...options } = optionsOfProgram();
const { start } = await import(`./contenders/${name}.mjs`);
const contender = await start(options);

async function profiled(file, work) {
  if (!file) return await work();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  writeFileSync(file, JSON.stringify(profile));
  return result;
}

/** @returns how much was done, and the seconds and processor seconds it took */
async function round({ profile, ...amount }) {
  await contender.prepare?.(amount);
  return await profiled(profile, async () => {
    const cpu = process.cpuUsage();
    const begun = performance.now();
    const done = await contender.run(amount);
    const seconds = (performance.now() - begun) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { done, seconds, cpuSeconds: (user + system) / 1e6 };
  });
}

serve({}, { round }, () => contender.stop?.());
