// Runs scenarios one at a time, in the order in which they were asked for, and keeps the score.

import { differences, expectationOf } from "./judge.js";
import { runScenario } from "./run.js";

export class Bench {
  #queue = Promise.resolve();
  #waiting = 0;
  #verdicts = new Map();

  /** `on` hears of each scenario: `started(scenario)`, `ended(scenario, results, found)`, and of each `changed()`. */
  constructor({ groups, places, api, isAllowed, on }) {
    Object.assign(this, { groups, places, api, isAllowed, on });
  }

  get isRunning() {
    return this.#waiting > 0;
  }

  /** How many of these scenarios have run, and how many of them ended as expected. */
  score(scenarios) {
    const verdicts = scenarios.map(({ id }) => this.#verdicts.get(id)).filter((verdict) => verdict !== undefined);
    return { all: scenarios.length, run: verdicts.length, passed: verdicts.filter(Boolean).length };
  }

  /** Runs these after those that wait already; resolves when the last has ended. */
  run(scenarios) {
    for (const { id } of scenarios) this.#verdicts.delete(id);
    this.#waiting += scenarios.length;
    this.on.changed();
    for (const scenario of scenarios) this.#queue = this.#queue.then(() => this.#runOne(scenario));
    return this.#queue;
  }

  async #runOne(scenario) {
    this.on.started(scenario);
    let results = [];
    let found;
    try {
      results = await runScenario(scenario, this.places, this.api);
      found = results.map((result, at) => differences(result, expectationOf(scenario.steps[at], this.isAllowed)));
    } catch (error) {
      // The counters cannot be read: Envoy has ended.
      found = [[`Envoy does not answer (${error.message})`]];
    }
    this.#verdicts.set(
      scenario.id,
      found.every((differences) => differences.length === 0),
    );
    this.#waiting -= 1;
    this.on.ended(scenario, results, found);
    this.on.changed();
  }
}
