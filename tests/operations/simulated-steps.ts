import type { OperationDefinition } from "#lib/operations/definition.ts";

export const retry = { attempts: 3, firstDelayMs: 50, longestDelayMs: 400 };
export const undoRetry = { attempts: 40, firstDelayMs: 50, longestDelayMs: 400 };
/** How long no living worker has known a definition when its operations are parked: some workers of a run do not know it. */
export const unknownAfterMs = 1_500;
export const operationIds = ["a", "b", "c"];

/** Returns the definition as if its last step were removed without a new version. */
export const shortened = <Tx>({ steps, ...rest }: OperationDefinition<Tx>): OperationDefinition<Tx> => ({
  ...rest,
  steps: steps.slice(0, -1),
});

type Kind = "transaction" | "effect" | "pause" | "signal";

/** Draws the steps of a definition, and which steps of which operation never work or can never be undone. */
export function drawShape(random: () => number) {
  const kinds: Kind[] = ["transaction", "effect", "effect", "transaction", "pause", "signal"];
  const steps = Array.from(
    { length: 2 + Math.floor(random() * 4) },
    () => kinds[Math.floor(random() * kinds.length)] as Kind,
  );
  const fails = new Map<string, "run" | "undo">();
  for (const id of operationIds)
    for (const at of steps.keys()) if (random() < 0.12) fails.set(`${id} step ${at}`, random() < 0.7 ? "run" : "undo");
  return { steps, fails, lastSafePoint: random() < 0.3 ? Math.floor(random() * steps.length) : -1 };
}
