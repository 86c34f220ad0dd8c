import type postgres from "postgres";

/**
 * An order whose shipment can fail: it is paid, shipped, and refunded when the shipment has failed. Its effects are rows of a log that no engine writes to,
 * and each exists at most once.
 */
export interface OrderInput {
  readonly order: string;
  /** Whether the shipment fails. After a crash it would succeed. */
  readonly fails: boolean;
  /** Where the first process that runs the order dies. */
  readonly diesIn: "ship" | "refund";
}

export const createOrders = (owner: postgres.Sql): Promise<unknown> =>
  owner.unsafe(`
    create table order_log (at timestamptz not null default clock_timestamp(), order_id text, what text, primary key (order_id, what));
    create table order_deaths (order_id text primary key, at timestamptz not null default clock_timestamp())`);

export class ShipmentFailed extends Error {}

/** The effects of an order, for its definition in each engine. */
export function orderEffects(sql: postgres.Sql) {
  const log = (order: string, what: string) =>
    sql`insert into order_log (order_id, what) values (${order}, ${what}) on conflict do nothing`;
  const dieOnce = async (order: string) => {
    const died =
      await sql`insert into order_deaths (order_id) values (${order}) on conflict do nothing returning order_id`;
    if (died.length === 0) return;
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => undefined);
  };
  return {
    pay: async ({ order }: OrderInput) => void (await log(order, "paid")),
    ship: async ({ order, fails, diesIn }: OrderInput) => {
      if (diesIn === "ship") await dieOnce(order);
      const [crashed] = await sql`select from order_deaths where order_id = ${order}`;
      if (fails && !crashed) throw new ShipmentFailed("The carrier does not answer.");
      await log(order, "shipped");
    },
    refund: async ({ order, diesIn }: OrderInput) => {
      await log(order, "refunded");
      if (diesIn === "refund") await dieOnce(order);
    },
  };
}

