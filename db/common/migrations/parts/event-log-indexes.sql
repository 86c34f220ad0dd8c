CREATE INDEX "idx_consumed_events_consumed_at" ON "consumed_events" USING btree ("consumed_at");--> statement-breakpoint
