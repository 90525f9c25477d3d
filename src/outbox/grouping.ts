interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Of a full group: when so much of one waits, it does not wait for the one that is under way. */
const CROWD = 0.5;

/**
 * Does one thing for many at once: what comes while one group is under way makes the next. A single
 * item on an idle system waits for nobody, and a busy one pays for one commit a group; one that is
 * busier still does two groups at once. A group that fails is done again one by one, so that a bad
 * item fails alone.
 *
 * @param work gets 1 to `most` items and gives their results in the same order
 */
export class Grouping<Item, Result> {
  readonly #waiting: Waiting<Item, Result>[] = [];
  /** Groups that are under way. */
  #running = 0;

  constructor(
    private readonly most: number,
    private readonly work: (items: Item[]) => Promise<Result[]>,
  ) {}

  /** @throws what the work threw for this item alone */
  do(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#makesAGroup(this.#running)) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running += 1;
    while (this.#makesAGroup(this.#running - 1)) await this.#do(this.#waiting.splice(0, this.most));
    this.#running -= 1;
  }

  /** Shall what waits be begun, beside so many groups? */
  #makesAGroup(others: number): boolean {
    if (others === 0) return this.#waiting.length > 0;
    return others === 1 && this.#waiting.length >= CROWD * this.most;
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
