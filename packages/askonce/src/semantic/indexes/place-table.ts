/** The places that have an index: found by name, by frame and by partition, in the order in which they were last used. */

/** The place of a question: its vector is compared with the others there. */
export interface Place {
  readonly partition: string;
  readonly frame: string;
  readonly language: string;
}

/**
 * Where to search: in one place; without a language, in all languages of a frame; with the partition alone, in all of it,
 * which takes longer the more frames it has.
 */
export type Searched =
  | Place
  | {
      readonly partition: string;
      readonly frame?: string | undefined;
      readonly language?: undefined;
    };

export interface PlaceTable<Held> {
  readonly size: number;
  at(place: Place): Held | undefined;
  /** A place that was used just now. */
  add(place: Place, held: Held): void;
  remove(place: Place): void;
  /** The place was used just now. */
  used(place: Place): void;
  /** The place that was used longest ago. */
  coldest(): Held | undefined;
  searched(searched: Searched): readonly Held[];
  all(): readonly Held[];
}

export function placeTable<Held>(): PlaceTable<Held> {
  /** By name; the one that was used longest ago comes first. */
  const places = new Map<string, Held>();
  /** The places of each partition, and of each of its frames. */
  const groups = new Map<string, Set<Held>>();

  const groupsOf = (place: Place) => [place.partition, frameOf(place)];

  return {
    get size() {
      return places.size;
    },
    at: (place) => places.get(nameOf(place)),
    add(place, held) {
      places.set(nameOf(place), held);
      for (const group of groupsOf(place)) groups.set(group, (groups.get(group) ?? new Set()).add(held));
    },
    remove(place) {
      const held = places.get(nameOf(place));
      if (held === undefined) return;
      places.delete(nameOf(place));
      for (const group of groupsOf(place)) {
        groups.get(group)?.delete(held);
        if (groups.get(group)?.size === 0) groups.delete(group);
      }
    },
    used(place) {
      const name = nameOf(place);
      const held = places.get(name);
      if (held === undefined) return;
      places.delete(name);
      places.set(name, held);
    },
    coldest() {
      const [coldest] = places.values();
      return coldest;
    },
    searched({ partition, frame, language }) {
      if (frame === undefined) return [...(groups.get(partition) ?? [])];
      if (language === undefined) return [...(groups.get(frameOf({ partition, frame })) ?? [])];
      const held = places.get(nameOf({ partition, frame, language }));
      return held === undefined ? [] : [held];
    },
    all: () => [...places.values()],
  };
}

/** No partition has a line break, so that none of these names is another's. */
const frameOf = ({ partition, frame }: Omit<Place, 'language'>) => `${partition}\n${frame}`;
const nameOf = (place: Place) => `${frameOf(place)}\n${place.language}`;
