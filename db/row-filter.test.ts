import { describe, expect, it } from "vitest";
import { InvalidArgument } from "#lib/errors.ts";
import { alertInstanceEntity } from "./monitoring/alert-instances.ts";
import { vmMigrationEntity } from "./federation/vm-migrations.ts";

const id = "0197a000-0001-7000-8000-00000000000a";
const at = new Date("2026-03-01T10:00:00Z");

describe("the filter of a row", () => {
  it("decides about known properties, and names the conditions that the row must be looked up for", () => {
    const filter = { text: "disk", severity: ["critical"], labels: [{ key: "env" }] };
    const decide = alertInstanceEntity.list.rowFilter(filter);
    expect(decide({ severity: "critical" }, at)).toEqual(["labels", "text"]);
    expect(decide({ severity: "critical", labels: { env: "prod" } }, at)).toEqual(["text"]);
    expect(decide({ severity: "info" }, at)).toBeUndefined();
    expect(decide({ severity: "critical", labels: {} }, at)).toBeUndefined();
  });

  it("leaves every condition open for a row without properties, such as that of an older event", () => {
    const decide = vmMigrationEntity.list.rowFilter({ node: [id], status: ["planned"], unapproved: true });
    expect(decide({ id }, at)).toEqual(["node", "status", "unapproved"]);
  });

  it("selects every row when it has no condition", () => {
    for (const filter of [undefined, null, {}, { severity: null }])
      expect(alertInstanceEntity.list.rowFilter(filter)({}, at)).toEqual([]);
  });

  it("compares ids whatever their case, and selects nothing by an empty list or a null value", () => {
    expect(vmMigrationEntity.list.rowFilter({ vm: [id.toUpperCase()] })({ vmId: id }, at)).toEqual([]);
    expect(vmMigrationEntity.list.rowFilter({ vm: [] })({ vmId: id }, at)).toBeUndefined();
    expect(vmMigrationEntity.list.rowFilter({ sourceNode: [id] })({ sourceNodeId: null }, at)).toBeUndefined();
  });

  it("shows an alert as acknowledged only while the acknowledgement is in force at the time of the event", () => {
    const decide = alertInstanceEntity.list.rowFilter({ state: ["acknowledged"] });
    const alert = { state: "firing", acknowledgedAt: "2026-03-01T09:00:00.000Z" };
    expect(decide(alert, at)).toEqual(["state"]);
    expect(decide({ ...alert, acknowledgementExpiresAt: null }, at)).toEqual([]);
    expect(decide({ ...alert, acknowledgementExpiresAt: "2026-03-01T11:00:00.000Z" }, at)).toEqual([]);
    expect(decide({ ...alert, acknowledgementExpiresAt: "2026-03-01T09:30:00.000Z" }, at)).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ["a malformed id", { vm: ["one"] }, "filter.vm", "is not an id."],
    ["too many ids", { vm: Array.from({ length: 1_001 }, () => id) }, "filter.vm", "takes at most 1000 ids."],
    ["a field that is no filter", { size: 1 }, "filter.size", "is not a filter of this list."],
  ])("refuses %s, as the list does", (_what, filter, argument, message) => {
    expect(() => alertInstanceEntity.list.rowFilter(filter)).toThrow(new InvalidArgument(argument, message));
  });
});
