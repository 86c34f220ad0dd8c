import { expect } from "vitest";

interface Vm {
  name: string;
  latestMetrics: { ageSeconds: number; time: string } | null;
}

/** Expects that the VMs of an answer to the one request equal the oracle's, and that each age is that of the VM's latest sample now. */
export function expectVms(given: readonly Vm[], expected: readonly unknown[]): void {
  expect(given).toHaveLength(expected.length);
  given.forEach((vm, index) => {
    // A VM that never ran has no sample.
    if (!vm.latestMetrics) return expectClose(vm, expected[index], vm.name);
    const { ageSeconds, ...latest } = vm.latestMetrics;
    expect(ageSeconds).toBeCloseTo((Date.now() - Date.parse(latest.time)) / 1_000, -2);
    expectClose({ ...vm, latestMetrics: latest }, expected[index], vm.name);
  });
}

/** Expects equality, of numbers to nine digits: sums of floats depend on their order. */
function expectClose(given: unknown, expected: unknown, path: string): void {
  if (typeof expected === "number" && typeof given === "number") {
    expect(Math.abs(given - expected), `${path}: ${given} and ${expected}`).toBeLessThanOrEqual(
      Math.abs(expected) * 1e-9,
    );
  } else if (Array.isArray(expected)) {
    expect(Array.isArray(given) ? given.length : given, path).toBe(expected.length);
    expected.forEach((item, index) => expectClose((given as unknown[])[index], item, `${path}[${index}]`));
  } else if (expected !== null && typeof expected === "object") {
    expect(Object.keys(given ?? {}).toSorted(), path).toEqual(Object.keys(expected).toSorted());
    for (const [key, value] of Object.entries(expected))
      expectClose((given as Record<string, unknown>)[key], value, `${path}.${key}`);
  } else {
    expect(given, path).toEqual(expected);
  }
}
