/** A fact of the library. */
export interface Fact {
  id: number;
  text: string;
  category: string;
}

/** Facts that any encyclopedia confirms. Ids never change. */
export const facts: readonly Fact[] = [
  {
    id: 1,
    category: "space",
    text: "Light from the Sun takes about 8 minutes and 20 seconds to reach the Earth.",
  },
  {
    id: 2,
    category: "space",
    text: "Venus turns once in about 243 Earth days but orbits the Sun in about 225, so one rotation lasts longer than its year.",
  },
  {
    id: 3,
    category: "space",
    text: "Jupiter has the shortest day of all planets in the Solar System: just under 10 hours.",
  },
  {
    id: 4,
    category: "space",
    text: "Voyager 1 entered interstellar space in August 2012, the first human-made object to do so.",
  },
  {
    id: 5,
    category: "animals",
    text: "An octopus has three hearts, and its blood is blue because it carries oxygen with copper instead of iron.",
  },
  {
    id: 6,
    category: "animals",
    text: "Honey bees have five eyes: two large compound eyes and three small simple ones.",
  },
  {
    id: 7,
    category: "animals",
    text: "Among seahorses it is the male that carries the eggs and gives birth.",
  },
  { id: 8, category: "animals", text: "Wombats produce cube-shaped droppings." },
  { id: 9, category: "animals", text: "Hummingbirds can fly backwards." },
  {
    id: 10,
    category: "geography",
    text: "Lake Baikal in Siberia is the deepest lake on Earth, about 1,640 metres deep.",
  },
  {
    id: 11,
    category: "geography",
    text: "The summit of Chimborazo in Ecuador, not Everest's, is the point of the Earth's surface farthest from its centre.",
  },
  {
    id: 12,
    category: "geography",
    text: "Vatican City, the smallest country in the world, covers about half a square kilometre.",
  },
  { id: 13, category: "geography", text: "Russia spans eleven time zones." },
  { id: 14, category: "geography", text: "Istanbul lies on two continents, Europe and Asia." },
  {
    id: 15,
    category: "history",
    text: "There was teaching at Oxford by 1096, more than two centuries before the Aztecs founded Tenochtitlan in 1325.",
  },
  {
    id: 16,
    category: "history",
    text: "Cleopatra lived closer in time to the first Moon landing than to the building of the Great Pyramid of Giza.",
  },
  {
    id: 17,
    category: "history",
    text: "The Anglo-Zanzibar War of 27 August 1896 was over in less than an hour.",
  },
  {
    id: 18,
    category: "science",
    text: "Water expands by about 9 percent when it freezes, which is why ice floats.",
  },
  {
    id: 19,
    category: "science",
    text: "Diamond and graphite are both pure carbon; only the arrangement of the atoms differs.",
  },
  {
    id: 20,
    category: "science",
    text: "Absolute zero, the lowest possible temperature, is -273.15 degrees Celsius.",
  },
  { id: 21, category: "science", text: "Sound travels more than four times as fast in water as in air." },
  {
    id: 22,
    category: "science",
    text: "The Eiffel Tower grows by up to about 15 centimetres on hot days, because iron expands when it is warm.",
  },
  {
    id: 23,
    category: "computing",
    text: "Ada Lovelace published a program for the Analytical Engine, computing Bernoulli numbers, in 1843.",
  },
  {
    id: 24,
    category: "computing",
    text: 'In 1947 the operators of the Harvard Mark II taped a moth into their logbook: "First actual case of bug being found".',
  },
  {
    id: 25,
    category: "computing",
    text: "Tim Berners-Lee proposed what became the World Wide Web at CERN in March 1989.",
  },
  {
    id: 26,
    category: "computing",
    text: "Unix time counts the seconds since 00:00:00 UTC on 1 January 1970, leap seconds left out.",
  },
];
