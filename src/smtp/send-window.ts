/**
 * How many messages may be under way on a connection at once. Each that is lost with it may have
 * arrived, and comes again: so the window is small at first, grows by one with each message that
 * is taken (which doubles it every round trip), and is halved when the server asks for patience.
 */
export class SendWindow {
  #size = 1;

  /** @param most at least 1 */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.#size;
  }

  grow(): void {
    this.#size = Math.min(this.most, this.#size + 1);
  }

  shrink(): void {
    this.#size = Math.max(1, Math.floor(this.#size / 2));
  }
}
