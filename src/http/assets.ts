import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** One file of `pages/`, as it is served. */
export interface Asset {
  readonly body: Buffer;
  readonly contentType: string;
  /** The first 16 characters of the SHA-256 of the body, base64url. */
  readonly version: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Every file of the directory with one of the three extensions, by its name. What is not in this
 * map is not served: no request ever reaches the file system.
 *
 * @throws where the directory can't be read
 */
function readAssets(directory: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(directory)) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (!contentType) continue;
    const body = readFileSync(join(directory, name));
    const version = createHash('sha256').update(body).digest('base64url').slice(0, 16);
    assets.set(name, { body, contentType, version });
  }
  return assets;
}

// src/http and dist/http lie equally deep, so that this is pages/ of the checkout and of the
// installed package alike.
export const assets = readAssets(join(import.meta.dirname, '..', '..', 'pages'));

/**
 * The address of a file of `pages/`, with its version, so that it may be cached for good.
 *
 * @param root the way to the root of the site: `/`, or `../` where a path prefix may stand before
 * @throws for a file that is not there
 */
export function assetUrl(name: string, root: string): string {
  const asset = assets.get(name);
  if (!asset) throw new Error(`pages/${name} does not exist`);
  return `${root}assets/${name}?v=${asset.version}`;
}
