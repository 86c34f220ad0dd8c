import { exits, originsOf, transientStates, type VmState } from "./lifecycle.ts";

const quoted = (states: readonly string[]): string => states.map((state) => `'${state}'`).join(", ");
const refuse = (message: string, ...values: readonly string[]): string =>
  `RAISE EXCEPTION ${[`'${message}'`, ...values].join(", ")}
        USING ERRCODE = 'check_violation', CONSTRAINT = 'vms_state_guard', TABLE = 'vms';`;

/**
 * Returns the function of the trigger that refuses what the lifecycle does not allow, as a migration creates it: `node --import tsx scripts/vm-state-guard.ts`
 * prints it, and a test compares it with that of the database. Rows may be inserted in any state, because imported VMs have a past.
 */
export function guardFunction(): string {
  const allowed = exits();
  const cases = [...allowed].map(([state, { toOrigin, to }]) => {
    const next = [...(toOrigin ? ["old.origin_state"] : []), quoted(to)].join(", ");
    return `    WHEN '${state}' THEN new.state IN (${next})`;
  });
  const origins = [...allowed].flatMap(([from, { to }]) =>
    to
      .filter((via) => via !== "creating" && transientStates.includes(via))
      .map((via) => ({ from, via, origins: originsOf(via, from) }))
      .filter((entry) => entry.origins.some((origin) => origin !== from)),
  );
  const others = origins.map(({ from, via, origins: allowedOrigins }) => {
    const pair = `old.state = '${from}' AND new.state = '${via}'`;
    return `    WHEN ${pair} THEN new.origin_state IN (${quoted(allowedOrigins)})`;
  });
  const returning: readonly VmState[] = transientStates.filter((state) => state !== "creating");
  return `CREATE OR REPLACE FUNCTION "guard_vm_state"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.state = old.state THEN
    IF new.origin_state IS DISTINCT FROM old.origin_state THEN
      ${refuse("the origin of a VM that is % cannot change", "old.state")}
    END IF;
    RETURN new;
  END IF;

  IF NOT (CASE old.state
${cases.join("\n")}
    ELSE false
  END) THEN
    ${refuse("a VM cannot go from % to %", "old.state", "new.state")}
  END IF;

  IF new.state IN (${quoted(returning)}) AND NOT coalesce(CASE
${others.join("\n")}
    ELSE new.origin_state = old.state
  END, false) THEN
    ${refuse("a VM that goes from % to % cannot have % as its origin", "old.state", "new.state", "new.origin_state")}
  END IF;
  RETURN new;
END
$$;`;
}
