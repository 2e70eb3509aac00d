/** One film: its player, and what Cinelog is told of it. */

const element = (id) => document.getElementById(id);
const video = element('video');
let film, watcher;

const source = () => 'films/' + film.file + '-' + element('quality').value + '.webm';

const open = (found) => {
  film = found;
  document.title = film.title + ' · Example Cinema';
  element('title').textContent = film.title;
  element('about').textContent = film.about;
  video.src = source();
  // All that film watching needs. Without the tracker (blocked, or not there) the page works as well.
  watcher = window.cinelog?.film(video, { filmId: film.id, quality: element('quality').value });
};

/** Another file, from where the film is. */
const changeQuality = () => {
  const { currentTime, paused, playbackRate } = video;
  watcher?.quality(element('quality').value);
  video.src = source();
  video.currentTime = currentTime;
  video.playbackRate = playbackRate;
  if (!paused) video.play();
};

element('play').addEventListener('click', () => (video.paused ? video.play() : video.pause()));
element('back').addEventListener('click', () => (video.currentTime -= 10));
element('ahead').addEventListener('click', () => (video.currentTime += 10));
element('speed').addEventListener('change', () => (video.playbackRate = Number(element('speed').value)));
element('quality').addEventListener('change', changeQuality);

const id = new URLSearchParams(location.search).get('id');
fetch('films.json')
  .then((answer) => answer.json())
  .then((films) => open(films.find((candidate) => candidate.id == id) ?? films[0]));
