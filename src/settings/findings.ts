import type { Environment } from './environment.js';
import type { Fault, FaultCode } from './fault.errors.js';
import { shownValue } from './masked-value.js';

/** Gathers every fault and warning of all settings, so that one report can list them together. */
export class Findings {
  readonly faults: Fault[] = [];
  readonly warnings: Fault[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  refuse(code: FaultCode, setting: string, why: string, instead: string): void {
    // One fault a setting: what follows from the first would only hide it.
    if (!this.isRefused(setting)) this.faults.push(this.#finding(code, setting, why, instead));
  }

  warn(code: FaultCode, setting: string, why: string, instead: string): void {
    this.warnings.push(this.#finding(code, setting, why, instead));
  }

  /** Is one of these settings at fault, so that what depends on it can not be judged? */
  isRefused(...settings: string[]): boolean {
    return this.faults.some(({ setting }) =>
      settings.some((name) => setting === name || setting === `${name}_FILE`),
    );
  }

  #finding(code: FaultCode, setting: string, why: string, instead: string): Fault {
    const given = this.#environment.get(setting);
    const value = given && shownValue(given.original, given.secret);
    return { code, setting, value, source: given?.source, why, instead };
  }
}
