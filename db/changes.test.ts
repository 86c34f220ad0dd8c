import { sql } from "drizzle-orm";
import { boolean, integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { expect, it } from "vitest";
import { eventDefinition } from "#events/event.ts";
import { changeColumns, changeEvents, changesOf } from "./changes.ts";
import type { NewEvent } from "./event-log/append.ts";

// `npm run check:types` proves the lines with @ts-expect-error: one that compiles is an error.

const id = uuid("id").primaryKey();
const whole = pgTable("whole", { id, name: text("name").notNull(), enabled: boolean("enabled").notNull() });

it("a payload that the columns of the table do not fill is refused, by the compiler and when a statement is built", () => {
  const incomplete = pgTable("incomplete", { id, name: text("name").notNull() });
  // @ts-expect-error -- The table has no column `enabled`.
  const changes = changesOf(incomplete, "tenant");
  expect(() => changeColumns(changes)).toThrow("Table incomplete has no column enabled");
  expect(() => changeColumns(changesOf(whole, "tenant"))).not.toThrow();
});

it("a column whose values do not fit the payload is refused by the compiler", () => {
  const numbered = pgTable("numbered", { id, name: integer("name").notNull(), enabled: boolean("enabled").notNull() });
  const unnamed = pgTable("unnamed", { id, name: text("name"), enabled: boolean("enabled").notNull() });
  // @ts-expect-error -- `name` is a number.
  changesOf(numbered, "tenant");
  // @ts-expect-error -- `name` may be null.
  changesOf(unnamed, "tenant");
  expect(changesOf(numbered, "tenant", { related: { name: sql<string>`'a'` } }).related).toHaveProperty("name");
});

it("a value that the payload does not have is refused by the compiler", () => {
  // @ts-expect-error -- The payload of a tenant has no `colour`.
  changesOf(whole, "tenant", { related: { colour: sql`'red'` } });
  // @ts-expect-error -- The table has no column `serial`.
  changesOf(whole, "tenant", { key: ["serial"] });
  // @ts-expect-error -- No tenant is ever removed.
  expect(changeEvents(changesOf(whole, "tenant"), [], "deleted")).toEqual([]);
});

it("a time fills a payload as text", () => {
  const sessions = pgTable("sessions", {
    id,
    userId: uuid("user_id").notNull(),
    expiresAt: timestamp("expires_at", { mode: "date" }).notNull(),
  });
  const row = { __key: "1", __created: true, __version: 0, __tenant: "2", userId: "3", expiresAt: new Date(0) };
  expect(changeEvents(changesOf(sessions, "user_session"), [row])).toMatchObject([
    { type: "user_session.created", payload: { userId: "3", expiresAt: "1970-01-01T00:00:00.000Z" } },
  ]);
});

it("an event whose payload lacks a property or has one of another type is refused, by the compiler and by the catalogue", () => {
  // @ts-expect-error -- The payload lacks `status`.
  const incomplete: NewEvent = { type: "cluster.created", key: "1", payload: { name: "east" } };
  // @ts-expect-error -- `status` is a text.
  const numbered: NewEvent = { type: "cluster.created", key: "1", payload: { name: "east", status: 1 } };
  // @ts-expect-error -- The payload has no `colour`.
  const coloured: NewEvent = { type: "cluster.created", key: "1", payload: { name: "a", status: "b", colour: "c" } };
  // @ts-expect-error -- There is no such event.
  const unknown: NewEvent = { type: "cluster.painted", key: "1", payload: { name: "east", status: "active" } };
  const accepts = ({ type, payload }: NewEvent) =>
    eventDefinition("scheduler", type).payload.safeParse(payload).success;
  expect([accepts(incomplete), accepts(numbered), accepts(coloured)]).toEqual([false, false, true]);
  expect(() => accepts(unknown)).toThrow("has no event cluster.painted");
});
