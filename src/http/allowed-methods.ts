import type { Express } from 'express';

/** The part of a layer of Express's router that tells which calls it takes. */
interface Layer {
  readonly route?: {
    readonly path: string;
    readonly methods: Readonly<Record<string, boolean>>;
  };
  match(path: string): boolean;
}

/** The methods under which a path is known, in capitals; empty where no route has it. */
export function allowedMethods(express: Express, path: string): string[] {
  const layers = express.router.stack as unknown as readonly Layer[];
  const methods = layers
    // Nest mounts middleware as routes on every path and method.
    .filter(({ route }) => route && !route.path.includes('*'))
    .filter((layer) => matches(layer, path))
    .flatMap(({ route }) => Object.keys(route?.methods ?? {}))
    .map((method) => method.toUpperCase());
  if (methods.includes('GET')) methods.push('HEAD');
  return [...new Set(methods)].sort();
}

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false; // a parameter with a broken escape such as %zz
  }
}
