import { NodeFS } from '@electric-sql/pglite/nodefs';

interface Attributes {
  mode?: number | null;
}
type SetAttributes = (node: unknown, attributes: Attributes) => void;

/** The part of Emscripten's module that is touched here; it has no types of its own. */
interface EmscriptenModule {
  NODEFS: Record<'node_ops' | 'stream_ops', { setattr: SetAttributes }>;
}

/**
 * PGlite's files on disk, readable by nobody but their owner: Emscripten sets the mode of each new
 * file by chmod, 0666, past the umask.
 */
export class PrivateFileSystem extends NodeFS {
  override async init(
    ...[pglite, options]: Parameters<NodeFS['init']>
  ): ReturnType<NodeFS['init']> {
    return super.init(pglite, {
      ...options,
      preRun: [
        ...(options.preRun ?? []),
        (module: unknown) => keepPrivate(module as EmscriptenModule),
      ],
    });
  }
}

function keepPrivate({ NODEFS }: EmscriptenModule): void {
  for (const operations of [NODEFS.node_ops, NODEFS.stream_ops]) {
    const setAttributes = operations.setattr;
    operations.setattr = (node, attributes) =>
      setAttributes(
        node,
        attributes.mode == null ? attributes : { ...attributes, mode: attributes.mode & ~0o077 },
      );
  }
}
