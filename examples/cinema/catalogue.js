/** The list of films and its filters. */

const element = (id) => document.getElementById(id);
let films = [];

const matches = (film) =>
  film.title.toLowerCase().includes(element('title').value.trim().toLowerCase()) &&
  (!element('genre').value || film.genre == element('genre').value) &&
  film.year >= Number(element('year').value);

const card = (film) => {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = 'film.html?id=' + film.id;
  // What is clicked has the same name wherever it stands on the page.
  link.dataset.cinelog = 'film/' + film.file;
  link.textContent = film.title;
  const facts = document.createElement('small');
  facts.textContent = film.year + ', ' + film.genre;
  item.append(link, facts);
  return item;
};

const show = () => {
  const found = films.filter(matches);
  element('films').replaceChildren(...found.map(card));
  element('found').textContent = found.length == 1 ? '1 film' : found.length + ' films';
  return found.length;
};

/** Which filters are set and how much they leave: not what was typed, which may be about anything. */
const filter = () => {
  const found = show();
  window.cinelog?.track('search_filtered', {
    title: element('title').value != '', genre: element('genre').value, from_year: element('year').value, found,
  });
};

element('search').addEventListener('change', filter);
element('search').addEventListener('submit', (event) => event.preventDefault());
fetch('films.json')
  .then((answer) => answer.json())
  .then((list) => {
    films = list;
    show();
  });
