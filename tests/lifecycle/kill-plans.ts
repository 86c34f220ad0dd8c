import type postgres from "postgres";

export interface VmWorkerOptions {
  /** The URLs of the databases. */
  vms: string;
  scheduler: string;
  /** The folder of the simulated hypervisor. */
  folder: string;
  leaseMs: number;
}

export const victims = ["worker", "hypervisor", "both"] as const;
export type Victim = (typeof victims)[number];

/** What happens to the operations that start after it, once. */
export interface Plan {
  id: number;
  tenantId: string;
  boundary: string | null;
  victim: Victim | null;
  /** The boundary at which the operation is cancelled. */
  cancelAt: string | null;
}

export type NewPlan = Partial<Pick<Plan, "boundary" | "victim" | "cancelAt">>;

export const createPlans = (owner: postgres.Sql): Promise<unknown> =>
  owner.unsafe(`
    create table kill_plans (id int generated always as identity, boundary text, victim text, cancel_at text,
      made_at timestamptz not null default clock_timestamp(), killed_at timestamptz)`);

/** Makes the only plan. */
export async function makePlan(owner: postgres.Sql, { boundary, victim, cancelAt }: NewPlan): Promise<void> {
  await owner`delete from kill_plans`;
  await owner`
    insert into kill_plans (boundary, victim, cancel_at) values (${boundary ?? null}, ${victim ?? null}, ${cancelAt ?? null})`;
}

export const hasKilled = async (owner: postgres.Sql): Promise<boolean> =>
  (await owner`select from kill_plans where killed_at is not null`).length > 0;

/** Ends the plan: it does not concern the operations that start from now on. */
export const endPlan = (owner: postgres.Sql) => owner`delete from kill_plans`;

/** Returns the plan of an operation; undefined when it has started before the plan was made. */
const planOf = async (control: postgres.Sql, operationId: string): Promise<Plan | undefined> =>
  (
    await control<Plan[]>`
      select plan.id, tenant_id as "tenantId", boundary, victim, cancel_at as "cancelAt"
      from operations join kill_plans plan on operations.created_at > plan.made_at where operations.id = ${operationId}`
  )[0];
