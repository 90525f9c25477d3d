import { rmSync } from 'node:fs';

export default async function tearDown() {
  await globalThis.gatepostPostgresql?.stop();
  rmSync(globalThis.gatepostTestDirectory, { recursive: true, force: true });
}
