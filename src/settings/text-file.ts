import { readFileSync } from 'node:fs';

/** A file that is no UTF-8. */
export class NotUtf8Error extends Error {}

/**
 * The text of a file.
 *
 * @throws {NotUtf8Error} also for UTF-16, as editors on Windows save it
 * @throws the system's error where the file can not be read; see {@link reasonOf}
 */
export function readTextFile(path: string): string {
  const bytes = readFileSync(path);
  // The many zero bytes of UTF-16 would be valid UTF-8.
  if (bytes.includes(0)) throw new NotUtf8Error();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new NotUtf8Error(undefined, { cause: error });
  }
}

/** Why a file can not be read, as a part of a sentence. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return code ?? 'it is damaged';
  }
}
