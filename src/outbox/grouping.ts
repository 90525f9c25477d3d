interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Does one thing for many at once: what comes while one group is under way makes the next. A single
 * item on an idle system waits for nobody, and a busy one pays for one commit a group. A group that
 * fails is done again one by one, so that a bad item fails alone.
 *
 * @param work gets 1 to `most` items and gives their results in the same order
 */
export class Grouping<Item, Result> {
  readonly #waiting: Waiting<Item, Result>[] = [];
  #isRunning = false;

  constructor(
    private readonly most: number,
    private readonly work: (items: Item[]) => Promise<Result[]>,
  ) {}

  /** @throws what the work threw for this item alone */
  do(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#do(this.#waiting.splice(0, this.most));
    this.#isRunning = false;
  }

  async #do(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.work(group.map(({ item }) => item));
      for (const [i, { resolve }] of group.entries()) resolve(results[i] as Result);
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const one of group) await this.#do([one]);
    }
  }
}
