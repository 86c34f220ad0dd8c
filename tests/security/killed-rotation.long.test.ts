import { afterAll, beforeAll, it } from "vitest";
import { killPoints, killRotation } from "./killed-rotation.ts";
import { SealedFleet } from "./sealed-fleet.ts";

let fleet: SealedFleet;
beforeAll(async () => {
  fleet = await SealedFleet.open();
});
afterAll(() => fleet.close());

it.each(Object.keys(killPoints) as (keyof typeof killPoints)[])(
  "a rotation of keys that is killed %s loses nothing, and resumes",
  (point) => killRotation(fleet, point),
);
