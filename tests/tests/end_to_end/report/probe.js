(() => {
  // Relative luminance and contrast, as WCAG 2 defines them.
  const rgb = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return text.startsWith('color(srgb') ? numbers.map((value, at) => (at < 3 ? value * 255 : value)) : numbers;
  };
  const channel = (value) => { const part = value / 255; return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (element) => {
    const pair = [luminance(rgb(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  // What can be clicked at the middle of an element is what is seen there.
  const seen = (element) => {
    element.scrollIntoView({ block: 'center', inline: 'nearest' });
    const box = element.getBoundingClientRect();
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return box.width > 0 && box.height > 0 && box.left >= 0 && box.right <= innerWidth + 0.5
      && hit !== null && (element.contains(hit) || hit.contains(element));
  };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => `${element.tagName} ${element.textContent.slice(0, 60)}`;
  const must = all('h1, h2, h3, .badge, .troubles li, .year, .legend li, dt, dd, .line, .chart, figcaption, summary, .events li, footer');
  const read = all('h1, h2, h3, .home, .counts span, .badge, .troubles strong, .legend li, dt, dd b, .more, figcaption, summary, .word, .detail, time, footer p');
  // Before anything is unfolded.
  const hidden = must.filter((element) => !seen(element)).map(shown);
  const faint = read.filter((element) => element.textContent && contrast(element) < 4.5).map((element) => `${contrast(element).toFixed(2)} ${shown(element)}`);
  const overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  all('details').forEach((details) => { details.open = true; });
  return {
    headline: document.querySelector('h1').innerText.trim(),
    title: document.title,
    text: document.body.innerText,
    overflow,
    hidden,
    faint,
    scripts: all('script, iframe, object, embed, img').length,
    days: all('.year rect').filter((cell) => cell.getBoundingClientRect().width > 5).length,
    cards: all('.card').length,
    background: getComputedStyle(document.body).backgroundColor,
  };
})()
