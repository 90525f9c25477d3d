import { dirname, resolve, sep } from 'node:path';
import { allowedImports, soleImporter } from './slices.mjs';

const sliceNames = Object.keys(allowedImports);

// undefined for a file outside src/ or directly in it
function sliceOf(filename) {
  const parts = filename.split(sep);
  const src = parts.lastIndexOf('src');
  return src >= 0 && parts.length > src + 2 ? parts[src + 1] : undefined;
}

function packageOf(source) {
  return source.split('/', source.startsWith('@') ? 2 : 1).join('/');
}

/** @returns the sentence that refuses this import, or undefined where it is allowed */
export function refusal(filename, source) {
  const slice = sliceOf(filename);
  if (!slice) return undefined;
  if (!(slice in allowedImports))
    return `src/${slice} is no slice of the table in lint/slices.mjs; the slices are ${sliceNames.join(', ')}.`;
  if (source.startsWith('#')) {
    const target = source.slice(1);
    if (target === slice)
      return `A slice imports its own files by relative path, not through #${slice}.`;
    if (!allowedImports[slice].includes(target)) {
      const allowed =
        allowedImports[slice].map((name) => `#${name}`).join(', ') || 'no other slice';
      return `The slice ${slice} may import ${allowed}; it may not import ${source}.`;
    }
    return undefined;
  }
  if (source.startsWith('.')) {
    const target = resolve(dirname(filename), source);
    // a spec beside the code stands on the same harness as the journeys
    if (filename.endsWith('.spec.ts') && target.includes(`${sep}test${sep}harness${sep}`))
      return undefined;
    return sliceOf(target) !== slice && !target.endsWith(`${sep}${slice}`)
      ? `Another slice is reached only through its index.ts, as #name; ${source} leaves the slice ${slice}.`
      : undefined;
  }
  const owner = soleImporter[packageOf(source)];
  return owner && owner !== slice && !filename.endsWith('.spec.ts')
    ? `Only the slice ${owner} may import ${packageOf(source)}; ${slice} reaches it through #${owner} or not at all.`
    : undefined;
}

const boundaries = {
  create(context) {
    const check = (node) => {
      const source = node.source?.value;
      const message = typeof source === 'string' && refusal(context.filename, source);
      if (message) context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

const environment = {
  create(context) {
    const { filename } = context;
    if (!sliceOf(filename) || filename.endsWith('.config.ts')) return {};
    return {
      MemberExpression(node) {
        if (node.object.name === 'process' && node.property.name === 'env')
          context.report({
            node,
            message: 'process.env is read only in *.config.ts; take the setting by injection.',
          });
      },
    };
  },
};

export default {
  meta: { name: 'gatepost' },
  rules: { 'slice-boundaries': boundaries, 'environment-in-config': environment },
};
