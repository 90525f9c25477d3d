/** One setting as it was given. */
export interface GivenSetting {
  /** Trimmed, unless white space belongs to it. */
  readonly text: string;
  /** As it stood there. */
  readonly original: string;
  /** `.env:14`, or the file that holds the value; undefined: the environment. */
  readonly source: string | undefined;
  /** Held by a file that `NAME_FILE` names. */
  readonly fromFile: boolean;
  readonly secret: boolean;
}

/** Every setting that was given, by name, from the environment, `.env` and `NAME_FILE` together. */
export type Environment = ReadonlyMap<string, GivenSetting>;
