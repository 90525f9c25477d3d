import type { SmtpSettings } from '#mailer-config';
import { type ConnectionSlot, type ConnectionSlots, SlotsUnknown } from './connection-slots.js';

/** What nobody counts needs no slot. */
const UNCOUNTED: ConnectionSlot = { release: () => Promise.resolve() };

/** The slots of one account's connections, and whether others have all that are left. */
export class SlotKeeper {
  /** Others have them all, for all we know. */
  isFull = false;
  readonly #releasing = new Set<Promise<void>>();
  readonly #stopListening: (() => void) | undefined;

  /**
   * @param slots undefined: nobody else connects to this account
   * @param onFreed told when one that was refused may be free
   */
  constructor(
    private readonly account: SmtpSettings,
    private readonly slots: ConnectionSlots | undefined,
    onFreed: () => void,
  ) {
    this.#stopListening = slots?.onFreed(() => {
      this.isFull = false;
      onFreed();
    });
  }

  /**
   * @returns undefined where others have them all
   * @throws SlotsUnknown
   */
  async take(): Promise<ConnectionSlot | undefined> {
    if (!this.slots) return UNCOUNTED;
    try {
      const slot = await this.slots.take(this.account);
      if (!slot) this.isFull = true;
      return slot;
    } catch (error) {
      throw new SlotsUnknown(error);
    }
  }

  release(slot: ConnectionSlot | undefined): void {
    if (!slot) return;
    const released = slot.release().then(() => {
      this.#releasing.delete(released);
    });
    this.#releasing.add(released);
  }

  /** @returns when nobody counts any of ours any more */
  async close(): Promise<void> {
    this.#stopListening?.();
    await Promise.all(this.#releasing);
  }
}
