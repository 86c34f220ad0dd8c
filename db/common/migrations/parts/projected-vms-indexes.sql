CREATE INDEX "idx_projected_vms_tags" ON "projected_vms" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "idx_projected_vms_node_id" ON "projected_vms" USING btree ("node_id");--> statement-breakpoint
CREATE INDEX "idx_projected_vms_tenant_id" ON "projected_vms" USING btree ("tenant_id","id");--> statement-breakpoint
