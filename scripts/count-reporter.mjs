/**
 * A Vitest reporter that counts, and lists what passed only when it ran again. A file that could not be loaded counts as
 * one failure, since its tests are unknown; so does every error outside of a test.
 */
export class CountReporter {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** A line for each test that failed first, with the first line of each of its errors. */
  unsteady = [];

  onTestRunEnd(modules, unhandledErrors) {
    this.passed = 0;
    this.skipped = 0;
    this.unsteady = [];
    this.failed = unhandledErrors.length;
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        if (test.diagnostic()?.flaky)
          this.unsteady.push(
            `${module.relativeModuleId} > ${test.fullName}: ${errors.map(({ message }) => String(message).split('\n', 1)[0]).join('; ')}`,
          );
        if (state === 'passed') this.passed += 1;
        else if (state === 'skipped') this.skipped += 1;
        else failedHere += 1;
      }
      // A failing hook or a syntax error fails a file even if none of its tests failed.
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
      this.failed += failedHere;
    }
  }

  get summary() {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : '';
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
