import { describe, expect, it, vi } from "vitest";
import { Admission } from "./admission.ts";

const admission = (places: number, writers = places) =>
  new Admission(
    { places, writers },
    {
      isUnreachable: (error) => (error as Error).message === "gone",
      hasNoSlot: (error) => (error as Error).message === "no slot",
    },
  );

/** Work that completes when the test completes it. */
function job<T = string>() {
  let finish: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const done = new Promise<T>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { work: vi.fn<() => Promise<T>>(() => done), finish, fail };
}

describe("admission", () => {
  it("admits as many calls as there are places, and the others in order", async () => {
    const door = admission(2);
    const jobs = [job(), job(), job(), job()];
    const running = jobs.map(({ work }) => door.enter({}, work));
    expect(jobs.map(({ work }) => work.mock.calls.length)).toEqual([1, 1, 0, 0]);
    expect(door.isFull).toBe(true);
    jobs[1]?.finish("second");
    await running[1];
    expect(jobs.map(({ work }) => work.mock.calls.length)).toEqual([1, 1, 1, 0]);
    jobs[0]?.fail(new Error("failure of the job"));
    await expect(running[0]).rejects.toThrow("failure of the job");
    await vi.waitFor(() => expect(jobs[3]?.work).toHaveBeenCalled());
    for (const { finish } of jobs) finish("late");
    expect(await Promise.all(running.slice(2))).toEqual(["late", "late"]);
    expect(door.isFull).toBe(false);
  });

  it("gives writes their share of the places, and lets reads use the rest ahead of waiting writes", async () => {
    const door = admission(3, 1);
    const jobs = [job(), job(), job(), job(), job()];
    const lanes = ["writes", "writes", "reads", "reads", "reads"] as const;
    const running = jobs.map(({ work }, at) => door.enter({}, work, lanes[at]));
    const begun = () => jobs.map(({ work }) => work.mock.calls.length);
    expect(begun()).toEqual([1, 0, 1, 1, 0]);
    jobs[2]?.finish("read");
    await running[2];
    expect(begun()).toEqual([1, 0, 1, 1, 1]);
    jobs[0]?.finish("written");
    await running[0];
    expect(begun()).toEqual([1, 1, 1, 1, 1]);
    for (const { finish } of jobs) finish("late");
    await Promise.all(running);
    expect(door.isFull).toBe(false);
  });

  it("rejects every waiting call when the server is gone, and lets the next call try", async () => {
    const door = admission(1);
    const first = job();
    const running = [door.enter({}, first.work), door.enter({}, job().work), door.enter({}, job().work)];
    first.fail(new Error("gone"));
    for (const outcome of await Promise.allSettled(running)) {
      expect(outcome).toMatchObject({ reason: { message: "gone" } });
    }
    expect(await door.enter({}, async () => "back")).toBe("back");
  });

  it("retries for a slot for one second and no longer", async () => {
    const door = admission(1);
    const scarce = vi.fn<() => Promise<string>>(async () => {
      if (scarce.mock.calls.length < 4) throw new Error("no slot");
      return "got one";
    });
    expect(await door.enter({}, scarce)).toBe("got one");
    const begun = performance.now();
    const never = () => Promise.reject(new Error("no slot"));
    const running = [door.enter({}, never), door.enter({}, never)];
    for (const outcome of await Promise.allSettled(running)) {
      expect(outcome).toMatchObject({ reason: { message: "no slot" } });
    }
    // The second call does not begin a second of its own.
    expect(performance.now() - begun).toBeLessThan(1_500);
    expect(door.isFull).toBe(false);
  });

  it("rejects a call at its deadline and when its signal aborts", async () => {
    const door = admission(1);
    const holder = job();
    const held = door.enter({}, holder.work);
    const gone = new AbortController();
    const never = vi.fn<() => Promise<string>>(async () => "never");
    const waiting = Promise.allSettled([
      door.enter({ endsAt: performance.now() + 20 }, never),
      door.enter({ signal: gone.signal }, never),
      door.enter({ signal: AbortSignal.abort(new Error("left before")) }, never),
    ]);
    gone.abort(new Error("left"));
    expect(await waiting).toMatchObject([
      { reason: { code: "SUBGRAPH_TIMEOUT" } },
      { reason: { message: "left" } },
      { reason: { message: "left before" } },
    ]);
    holder.finish("done");
    expect(await held).toBe("done");
    expect(never).not.toHaveBeenCalled();
    expect(await door.enter({}, async () => "next")).toBe("next");
  });
});
