CREATE TABLE "consumed_events" (
	"consumer" text NOT NULL,
	"event_id" uuid NOT NULL,
	"consumed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "consumed_events_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "event_consumers" (
	"consumer" text NOT NULL,
	"source" text NOT NULL,
	"read_log" text NOT NULL,
	"read_transaction" "xid8" NOT NULL,
	"read_id" bigint NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_consumers_consumer_source_pk" PRIMARY KEY("consumer","source")
);
--> statement-breakpoint
CREATE TABLE "event_log" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"log_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"horizon_id" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "event_log_singleton_check" CHECK ("event_log"."singleton")
);
--> statement-breakpoint
CREATE TABLE "event_relay" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"relayed_id" bigint DEFAULT 0 NOT NULL,
	"relayed_transaction" "xid8" DEFAULT '0'::xid8 NOT NULL,
	"relayed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_relay_singleton_check" CHECK ("event_relay"."singleton")
);
--> statement-breakpoint
CREATE TABLE "event_relay_checkpoints" (
	"reached_at" timestamp with time zone PRIMARY KEY NOT NULL,
	"relayed_id" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_events" (
	"slot" smallint DEFAULT (floor(extract(epoch from clock_timestamp()) / 21600)::bigint % 16)::smallint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "outbox_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"transaction_id" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"event_id" uuid NOT NULL,
	"type" text NOT NULL,
	"version" smallint NOT NULL,
	"tenant_id" uuid NOT NULL,
	"entity_type" text NOT NULL,
	"entity_key" text NOT NULL,
	"entity_version" bigint NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"actor" text,
	"request_id" text,
	"payload" jsonb NOT NULL,
	CONSTRAINT "outbox_events_id_slot_pk" PRIMARY KEY("id","slot")
) PARTITION BY LIST ("slot");
--> statement-breakpoint
ALTER TABLE "outbox_events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
