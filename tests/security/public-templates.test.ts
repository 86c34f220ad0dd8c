import { getNamedType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ours, theirs, twoTenants } from "#tests/graph/two-tenants.ts";
import { bootProduct, type TestProduct } from "#tests/harness/product.ts";
import { asOwner } from "#tests/harness/server.ts";
import { productSupergraph } from "#tests/harness/supergraph.ts";
import { selectionOf } from "./selections.ts";

/** The fields that a user needs in order to create a VM from a template. A field that is added to templates must be listed here or in `own`. */
const crossing = [
  "id",
  "name",
  "description",
  "version",
  "baseImage",
  "resources",
  "networkConfig",
  "storageConfig",
  "securityConfig",
  "tags",
  "isPublic",
  "metadata",
  "createdAt",
  "updatedAt",
];
/** The fields that belong to the template's tenant and show nothing to others. */
const own: Readonly<Record<string, unknown>> = {
  owner: null,
  tenant: null,
  vms: { totalCount: 0, nodes: [] },
  changes: { nodes: [] },
};

const template = Object.values(productSupergraph().apiSchema.getQueryType()?.getFields() ?? {})
  .map(({ type }) => getNamedType(type))
  .find(({ name }) => name === "VmTemplate");
const fields = isObjectType(template) ? Object.values(template.getFields()) : [];
const lists: Readonly<Record<string, string>> = {
  vms: "vms { totalCount nodes { id } }",
  changes: "changes { nodes { id } }",
};
const selections = fields.map((field) => lists[field.name] ?? selectionOf(field));

let product: TestProduct;
beforeAll(async () => {
  product = await bootProduct({ tenantId: ours.tenantId, urls: await twoTenants({ rowSecurity: true }) });
  await asOwner(
    product.urls.url("vms"),
    (sql) => sql`update vm_templates set is_public = true where id = ${theirs.id("vmTemplate")}`,
  );
});
afterAll(() => product.stop());

describe("attack 34: a public template of another tenant", () => {
  it("shows what its use requires, and nothing about its owner or the VMs that run from it", async () => {
    expect(fields.map(({ name }) => name).toSorted()).toEqual([...crossing, ...Object.keys(own)].toSorted());
    const { data, errors } = await product.ask(
      `{ vmTemplate(id: "${theirs.id("vmTemplate")}") { ${selections.join(" ")} } }`,
    );
    expect(errors).toEqual([]);
    expect(data.vmTemplate).toMatchObject({ id: theirs.id("vmTemplate"), isPublic: true, ...own });
    const text = JSON.stringify(data.vmTemplate).replace(theirs.id("vmTemplate"), "");
    expect(text).not.toContain(theirs.tenantId.slice(0, 14));
  });

  it("is the only one of theirs that is visible, and no compliance policy or violation is", async () => {
    const { data } = await product.ask(`{ vmTemplates(first: 100) { nodes { id } }
      compliancePolicies(first: 100) { nodes { id } } complianceViolations(first: 100) { nodes { id } } }`);
    const foreign = Object.values(data as Record<string, { nodes: { id: string }[] }>).flatMap(({ nodes }) =>
      nodes.map(({ id }) => id).filter((id) => id.startsWith(theirs.tenantId.slice(0, 14))),
    );
    expect(foreign).toEqual([theirs.id("vmTemplate")]);
    const privateOne = await product.ask(`{ vmTemplate(id: "${theirs.id("vmTemplate", 2)}") { id } }`);
    expect(privateOne.errors.map(({ extensions }) => extensions.code)).toEqual(["NOT_FOUND"]);
  });
});
