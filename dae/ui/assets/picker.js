// Ten classes, and under them ten digits of the chosen class, cut from one picture each.
const classes = element.querySelector(".classes");
const digits = element.querySelector(".digits");

const buttons = (box, pick) => {
  for (let i = 0; i < 10; i++) {
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", () => pick(i));
    box.append(button);
  }
};
buttons(classes, (i) => trigger('pick', { digit: i, index: null }));
buttons(digits, (i) => trigger('pick', { digit: props.value.digit, index: props.value.first + i }));
for (let i = 0; i < 10; i++) classes.children[i].textContent = i;

const show = () => {
  const value = props.value;
  if (!value || !value.strip) return;
  for (let i = 0; i < 10; i++) {
    const chosenClass = i === value.digit;
    classes.children[i].setAttribute("aria-pressed", chosenClass);
    classes.children[i].setAttribute("aria-label", value.class_labels[i]);
    const button = digits.children[i];
    button.style.backgroundImage = `url(${value.strip})`;
    button.style.backgroundPosition = `${100 * i / 9}% 0`;
    button.setAttribute("aria-pressed", value.first + i === value.index);
    button.setAttribute("aria-label", value.digit_labels[i]);
  }
};
watch('value', show);
show();
