/**
 * The settings of maintenance: which entries are not worth their space.
 */
import { z } from 'zod';
import { setting } from './setting.ts';

export const maintenanceSettings = {
  maintenanceMinHits: setting(
    'MAINTENANCE_MIN_HITS',
    z.number().int().min(0).max(1_000_000),
    2,
    'Number of hits below which an entry is of low value, once it is old enough (`maintenanceDays`, `maintenanceLifetimeShare`). 0 turns the rule off.',
  ),
  maintenanceDays: setting(
    'MAINTENANCE_DAYS',
    z.number().positive().max(3650),
    30,
    'Age at which an entry with few hits is of low value, in days.',
  ),
  maintenanceLifetimeShare: setting(
    'MAINTENANCE_LIFETIME_SHARE',
    z.number().positive().max(1),
    0.5,
    'Share of its lifetime, from 0 to 1, after which an entry with few hits is of low value, if that is sooner than `maintenanceDays`.',
  ),
  maintenanceMinConfidence: setting(
    'MAINTENANCE_MIN_CONFIDENCE',
    z.number().min(0).max(1),
    0.5,
    'Confidence, from 0 to 1, below which maintenance removes an entry as of low quality. An entry without a stated confidence is not of low quality.',
  ),
} as const;
