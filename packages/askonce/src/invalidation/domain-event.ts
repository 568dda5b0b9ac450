/**
 * Domain events: what changed in the application, and which tags that takes back, by the settings' table.
 */
import { z } from 'zod';

const field = z.union([z.string().min(1).max(256), z.number(), z.boolean()]);

/** A type that the settings list (`events`), and fields that its tags name. */
export const domainEventSchema = z.looseObject({ type: z.string().min(1).max(64) }).catchall(field);

export type DomainEvent = z.input<typeof domainEventSchema>;
