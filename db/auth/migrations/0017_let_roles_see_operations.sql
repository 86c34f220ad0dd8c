-- Who may see what an operation works on may see the operation. To give up a parked one is for those who run the fleet.
ALTER TABLE "roles" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "roles" SET "permissions" = "permissions" || '["operation:*"]' WHERE "id" = '00000000-0000-7000-8000-000000000102';
--> statement-breakpoint
UPDATE "roles" SET "permissions" = "permissions" || '["operation:cancel", "operation:read"]' WHERE "id" = '00000000-0000-7000-8000-000000000103';
--> statement-breakpoint
UPDATE "roles" SET "permissions" = "permissions" || '["operation:read"]' WHERE "id" = '00000000-0000-7000-8000-000000000104';
--> statement-breakpoint
ALTER TABLE "roles" FORCE ROW LEVEL SECURITY;
