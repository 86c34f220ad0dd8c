import { afterAll, beforeAll, it } from "vitest";
import { killRotation } from "./killed-rotation.ts";
import { SealedFleet } from "./sealed-fleet.ts";

let fleet: SealedFleet;
beforeAll(async () => {
  fleet = await SealedFleet.open();
});
afterAll(() => fleet.close());

it("a rotation of keys that is killed in the middle of writing its second batch loses nothing, and resumes", () =>
  killRotation(fleet, "in the middle of writing its second batch"));
