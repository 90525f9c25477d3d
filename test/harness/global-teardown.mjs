import { rmSync } from 'node:fs';

export default async function tearDown() {
  await globalThis.gatepostPostgresql?.stop();
  globalThis.gatepostPostgresql = undefined;
  for (const directory of globalThis.gatepostTestDirectories?.splice(0) ?? [])
    rmSync(directory, { recursive: true, force: true });
}
