/** A quote of the library. */
export interface Quote {
  id: number;
  text: string;
  author: string;
  /** Work and year; absent when a caller added the quote without one. */
  source?: string;
  topic: string;
}

/** Words that are in the public domain, lines of verse joined by a space. Ids never change. */
export const quotes: readonly Quote[] = [
  {
    id: 1,
    topic: "life",
    author: "Jane Austen",
    source: "Pride and Prejudice, 1813",
    text: "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.",
  },
  {
    id: 2,
    topic: "life",
    author: "William Shakespeare",
    source: "As You Like It, act 2, scene 7",
    text: "All the world's a stage, And all the men and women merely players.",
  },
  {
    id: 3,
    topic: "life",
    author: "Henry David Thoreau",
    source: "Walden, 1854",
    text: "I went to the woods because I wished to live deliberately, to front only the essential facts of life, and see if I could not learn what it had to teach, and not, when I came to die, discover that I had not lived.",
  },
  {
    id: 4,
    topic: "life",
    author: "Leo Tolstoy",
    source: "Anna Karenina, translated by Constance Garnett, 1901",
    text: "Happy families are all alike; every unhappy family is unhappy in its own way.",
  },
  {
    id: 5,
    topic: "life",
    author: "F. Scott Fitzgerald",
    source: "The Great Gatsby, 1925",
    text: "So we beat on, boats against the current, borne back ceaselessly into the past.",
  },
  {
    id: 6,
    topic: "life",
    author: "Walt Whitman",
    source: "Song of Myself, section 51",
    text: "Do I contradict myself? Very well then I contradict myself, (I am large, I contain multitudes.)",
  },
  {
    id: 7,
    topic: "wisdom",
    author: "William Shakespeare",
    source: "Hamlet, act 2, scene 2",
    text: "There is nothing either good or bad, but thinking makes it so.",
  },
  {
    id: 8,
    topic: "wisdom",
    author: "Ralph Waldo Emerson",
    source: "Self-Reliance, 1841",
    text: "A foolish consistency is the hobgoblin of little minds, adored by little statesmen and philosophers and divines.",
  },
  {
    id: 9,
    topic: "wisdom",
    author: "Marcus Aurelius",
    source: "Meditations, book 5, translated by George Long, 1862",
    text: "Such as are thy habitual thoughts, such also will be the character of thy mind; for the soul is dyed by the thoughts.",
  },
  {
    id: 10,
    topic: "wit",
    author: "William Shakespeare",
    source: "Hamlet, act 2, scene 2",
    text: "Brevity is the soul of wit.",
  },
  {
    id: 11,
    topic: "wit",
    author: "Oscar Wilde",
    source: "The Importance of Being Earnest, act 1, first performed 1895",
    text: "To lose one parent, Mr. Worthing, may be regarded as a misfortune; to lose both looks like carelessness.",
  },
  {
    id: 12,
    topic: "wit",
    author: "Lewis Carroll",
    source: "Alice's Adventures in Wonderland, 1865",
    text: "Begin at the beginning, and go on till you come to the end: then stop.",
  },
  {
    id: 13,
    topic: "hope",
    author: "Oscar Wilde",
    source: "Lady Windermere's Fan, act 3, first performed 1892",
    text: "We are all in the gutter, but some of us are looking at the stars.",
  },
  {
    id: 14,
    topic: "hope",
    author: "Emily Dickinson",
    source: "Poems: Second Series, 1891",
    text: "Hope is the thing with feathers That perches in the soul.",
  },
  {
    id: 15,
    topic: "courage",
    author: "Mary Shelley",
    source: "Frankenstein, 1818",
    text: "Beware; for I am fearless, and therefore powerful.",
  },
  {
    id: 16,
    topic: "courage",
    author: "Frederick Douglass",
    source: "Speech at Canandaigua, 3 August 1857",
    text: "If there is no struggle there is no progress.",
  },
  {
    id: 17,
    topic: "courage",
    author: "Alfred Tennyson",
    source: "Ulysses, 1842",
    text: "To strive, to seek, to find, and not to yield.",
  },
  {
    id: 18,
    topic: "courage",
    author: "William Ernest Henley",
    source: "Invictus, in A Book of Verses, 1888",
    text: "I am the master of my fate: I am the captain of my soul.",
  },
  {
    id: 19,
    topic: "science",
    author: "Isaac Newton",
    source: "Letter to Robert Hooke, 5 February 1675 (Old Style), spelling modernised",
    text: "If I have seen further it is by standing on the shoulders of Giants.",
  },
  {
    id: 20,
    topic: "science",
    author: "Charles Darwin",
    source: "On the Origin of Species, 1859",
    text: "From so simple a beginning endless forms most beautiful and most wonderful have been, and are being, evolved.",
  },
  {
    id: 21,
    topic: "science",
    author: "Ada Lovelace",
    source: "Notes on the Analytical Engine, note A, 1843",
    text: "We may say most aptly, that the Analytical Engine weaves algebraical patterns just as the Jacquard-loom weaves flowers and leaves.",
  },
  {
    id: 22,
    topic: "science",
    author: "Arthur Conan Doyle",
    source: "A Scandal in Bohemia, 1891",
    text: "It is a capital mistake to theorize before one has data.",
  },
  {
    id: 23,
    topic: "nature",
    author: "William Blake",
    source: "Auguries of Innocence, published 1863",
    text: "To see a World in a Grain of Sand And a Heaven in a Wild Flower.",
  },
  {
    id: 24,
    topic: "nature",
    author: "John Muir",
    source: "My First Summer in the Sierra, 1911",
    text: "When we try to pick out anything by itself, we find it hitched to everything else in the universe.",
  },
  {
    id: 25,
    topic: "nature",
    author: "William Wordsworth",
    source: "My Heart Leaps Up, 1807",
    text: "My heart leaps up when I behold A rainbow in the sky.",
  },
  {
    id: 26,
    topic: "travel",
    author: "Herman Melville",
    source: "Moby-Dick, chapter 12, 1851",
    text: "It is not down in any map; true places never are.",
  },
  {
    id: 27,
    topic: "society",
    author: "John Donne",
    source: "Devotions upon Emergent Occasions, meditation 17, 1624, spelling modernised",
    text: "No man is an island, entire of itself; every man is a piece of the continent, a part of the main.",
  },
  {
    id: 28,
    topic: "society",
    author: "Mary Wollstonecraft",
    source: "A Vindication of the Rights of Woman, 1792",
    text: "I do not wish them to have power over men; but over themselves.",
  },
];
